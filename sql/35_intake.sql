-- What sources send, read without raising for what it says (extension/record.c, extension/payload.c).

CREATE FUNCTION liskeban._csv_fields(record text) RETURNS text[]
  AS 'MODULE_PATHNAME', 'record_csv_fields' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._csv_fields(text) IS 'fields of one CSV record (RFC 4180); NULL when a quote is not closed or something follows a closing one';

CREATE FUNCTION liskeban._record_payload(record text, header text, map jsonb, zone text, history boolean,
    OUT payload jsonb, OUT reason text)
  AS 'MODULE_PATHNAME', 'record_payload' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._record_payload(text, text, jsonb, text, boolean) IS 'one record of a file, CSV under its header or (header NULL) a JSON object, made by the map into a payload of submit(), or the reason why not; a wrong map: 22023, 42703; record NULL only checks the map';

CREATE FUNCTION liskeban._request_fields(payload jsonb, zone text, now timestamptz, history boolean,
    OUT reason text, OUT digest bytea, OUT core bytea, OUT event text, OUT source text, OUT external_id text,
    OUT category text, OUT title text, OUT description text, OUT address text,
    OUT lon double precision, OUT lat double precision, OUT datum text,
    OUT discovered_at timestamptz, OUT reported_at timestamptz, OUT reporter_name text, OUT reporter_phone text,
    OUT kind text, OUT priority integer, OUT confidential boolean, OUT difficulty text, OUT extra jsonb, OUT text text,
    OUT accepted_at timestamptz, OUT dispatched_at timestamptz, OUT on_site_at timestamptz, OUT planned_at timestamptz,
    OUT plan text, OUT promised_at timestamptz, OUT resolved_at timestamptz, OUT resolution text,
    OUT closed_at timestamptz, OUT satisfaction text, OUT solved boolean)
  AS 'MODULE_PATHNAME', 'request_fields_of' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._request_fields(jsonb, text, timestamptz, boolean) IS 'a payload of submit() as columns: reason says what cannot be read; lon and lat are NULL when the position is impossible, datum when it needs no conversion; digest is over all of it, core without what a resend may add to; with history the missing stamps are completed';

REVOKE ALL ON FUNCTION liskeban._csv_fields(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._record_payload(text, text, jsonb, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._request_fields(jsonb, text, timestamptz, boolean) FROM PUBLIC;

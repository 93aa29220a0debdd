-- What sources send, read without raising for what it says (extension/record.c, extension/request_map.c, extension/payload.c, extension/intake.c).

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

CREATE FUNCTION liskeban._intake_source(given text, OUT source text, OUT reason text)
  AS 'MODULE_PATHNAME', 'intake_source' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION liskeban._intake_source(text) IS 'the source that a request of the caller is from (the one of its memberships unless given), or the reason why there is none; 42501 where the caller is no source';

CREATE FUNCTION liskeban._require_loader(source text, registered boolean) RETURNS void
  AS 'MODULE_PATHNAME', 'intake_require_loader' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION liskeban._require_loader(text, boolean) IS '42501 unless the caller may load files for the source, or register it';

CREATE FUNCTION liskeban._require_admin(what text) RETURNS void
  AS 'MODULE_PATHNAME', 'intake_require_admin' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION liskeban._require_admin(text) IS '42501 unless the caller administers the platform; what it was about to do is said in the message';

CREATE FUNCTION liskeban._text_digest(text) RETURNS bytea
  AS 'MODULE_PATHNAME', 'intake_text_digest' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._text_digest(text) IS 'SHA-256 of the bytes of a text; an index rests on it';

REVOKE ALL ON FUNCTION liskeban._csv_fields(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._record_payload(text, text, jsonb, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._request_fields(jsonb, text, timestamptz, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._intake_source(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._require_loader(text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._require_admin(text) FROM PUBLIC;
-- _text_digest stays open to all: a restore builds the index that rests on it before it grants anything.

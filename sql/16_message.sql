-- Messages in the language of the session.

CREATE FUNCTION liskeban.message(format text, VARIADIC args "any") RETURNS text
  AS 'MODULE_PATHNAME', 'message_format' LANGUAGE C STABLE PARALLEL SAFE;
CREATE FUNCTION liskeban.message(format text) RETURNS text
  AS 'MODULE_PATHNAME', 'message_format' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.message(text, "any") IS '提示信息 format() of the translation that the extension has for a message under lc_messages, else of the message itself';
COMMENT ON FUNCTION liskeban.message(text) IS '提示信息 the translation that the extension has for a message under lc_messages, else the message itself; %% is a percent sign';

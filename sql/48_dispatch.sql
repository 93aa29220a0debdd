-- Whom a ticket goes to (extension/dispatch.c), and words found in text (extension/text_bigram.c).

CREATE FUNCTION liskeban._dispatch_target(ticket record, OUT rule_id bigint, OUT responsible_area liskeban.area_code,
  OUT department text, OUT note text)
  AS 'MODULE_PATHNAME', 'dispatch_target' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION liskeban._dispatch_target(record) IS 'where the rules of liskeban.dispatch_rule send a row of liskeban.ticket; NULL where none does';
REVOKE ALL ON FUNCTION liskeban._dispatch_target(record) FROM PUBLIC;

CREATE FUNCTION liskeban.text_bigrams(a text, b text DEFAULT NULL, c text DEFAULT NULL) RETURNS integer[]
  AS 'MODULE_PATHNAME', 'text_bigrams' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 30;
COMMENT ON FUNCTION liskeban.text_bigrams(text, text, text) IS '双字 every two neighbouring characters of the texts as a key (the code points of both, 16 bits each), sorted, each once; large, small and full-width letters are one, spaces and punctuation separate; of the first 10,000 characters. Indexed by GIN it finds words of two characters and more';

CREATE FUNCTION liskeban.text_contains(words text, a text, b text DEFAULT NULL, c text DEFAULT NULL) RETURNS boolean
  AS 'MODULE_PATHNAME', 'text_contains' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION liskeban.text_contains(text, text, text, text) IS '含词 whether each of the words, which spaces or punctuation separate, stands in one of the texts; characters compare as in text_bigrams()';

-- Areas redrawn: what writes where tickets and their units went.

CREATE FUNCTION liskeban._redraw_tickets(ids bigint[], areas liskeban.area_code[], placements liskeban.placement[],
  holders liskeban.area_code[], note text) RETURNS bigint
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'redraw_tickets';
COMMENT ON FUNCTION liskeban._redraw_tickets(bigint[], liskeban.area_code[], liskeban.placement[], liskeban.area_code[], text) IS 'for redraw_area(): tickets lie, and are held, elsewhere from now on: an event recompute each, and no clock moves';
REVOKE ALL ON FUNCTION liskeban._redraw_tickets(bigint[], liskeban.area_code[], liskeban.placement[], liskeban.area_code[], text) FROM PUBLIC;

CREATE FUNCTION liskeban._redraw_units(relation text, ids bigint[], areas liskeban.area_code[]) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'redraw_units';
COMMENT ON FUNCTION liskeban._redraw_units(text, bigint[], liskeban.area_code[]) IS 'for redraw_area(): rows of party, directive_target, supervision or emergency name another area from now on (an emergency given twice runs in both), or, areas being NULL, are done with, for another row has the same to do';
REVOKE ALL ON FUNCTION liskeban._redraw_units(text, bigint[], liskeban.area_code[]) FROM PUBLIC;

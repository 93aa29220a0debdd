-- Supplies for emergencies: what lies in which depot, the split that covers a need by distance, and the ledger of what moved.
--
-- The stock of a depot's item is a row that every move locks, and its CHECK keeps it from going below nothing; the ledger,
-- which is sealed as alarms are (66_ledger.sql), says how it came to be. Both are written by these functions alone.

CREATE TABLE liskeban.supply_item (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  unit       text NOT NULL,
  retired_at timestamptz,
  CONSTRAINT supply_item_code_check CHECK (code ~ '^[a-z0-9_]{1,64}$')
);
COMMENT ON TABLE liskeban.supply_item IS '应急物资 what is kept in stock for emergencies; an open list';
COMMENT ON COLUMN liskeban.supply_item.code IS '代码 key';
COMMENT ON COLUMN liskeban.supply_item.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.supply_item.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.supply_item.unit IS '单位 what is counted';
COMMENT ON COLUMN liskeban.supply_item.retired_at IS '停用时间 when it was retired; NULL in force';
INSERT INTO liskeban.supply_item (code, name, name_en, unit) VALUES
  ('pump',           '排水泵',     'Drainage pump',       '台'),
  ('pump_truck',     '移动泵车',   'Pump truck',          '辆'),
  ('sandbag',        '沙袋',       'Sandbag',             '只'),
  ('flood_barrier',  '挡水板',     'Flood barrier',       '块'),
  ('chainsaw',       '油锯',       'Chainsaw',            '台'),
  ('crane',          '吊车',       'Crane',               '辆'),
  ('assault_boat',   '冲锋舟',     'Assault boat',        '艘'),
  ('life_jacket',    '救生衣',     'Life jacket',         '件'),
  ('generator',      '应急发电机', 'Generator',           '台'),
  ('floodlight',     '照明灯车',   'Floodlight',          '台'),
  ('tent',           '帐篷',       'Tent',                '顶'),
  ('quilt',          '棉被',       'Quilt',               '床'),
  ('traffic_cone',   '警示锥',     'Traffic cone',        '只'),
  ('gas_detector',   '燃气检测仪', 'Gas detector',        '台'),
  ('extinguisher',   '灭火器',     'Fire extinguisher',   '具')
ON CONFLICT DO NOTHING;

CREATE TABLE liskeban.supply_depot (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text,
  department text REFERENCES liskeban.department,
  phone      text,
  area       liskeban.area_code,
  geom       geometry(Point, 4490) NOT NULL,
  retired_at timestamptz,
  CONSTRAINT supply_depot_code_check CHECK (code <> '')
);
COMMENT ON TABLE liskeban.supply_depot IS '物资仓库 where supplies are kept';
COMMENT ON COLUMN liskeban.supply_depot.code IS '代码 key';
COMMENT ON COLUMN liskeban.supply_depot.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.supply_depot.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.supply_depot.department IS '管理部门 who keeps it';
COMMENT ON COLUMN liskeban.supply_depot.phone IS '值守电话 phone of its keeper';
COMMENT ON COLUMN liskeban.supply_depot.area IS '所在区域 finest area that covers it; NULL outside all (kept by the platform)';
COMMENT ON COLUMN liskeban.supply_depot.geom IS '位置 point, CGCS2000 (EPSG:4490)';
COMMENT ON COLUMN liskeban.supply_depot.retired_at IS '停用时间 when it was retired: nothing is received or issued there any more; NULL in use';
CREATE TRIGGER point_placed BEFORE INSERT OR UPDATE ON liskeban.supply_depot
  FOR EACH ROW EXECUTE FUNCTION liskeban._point_placed();
ALTER TABLE liskeban.supply_depot ENABLE ALWAYS TRIGGER point_placed;

DO $$
DECLARE
  registry text;
BEGIN
  FOREACH registry IN ARRAY '{supply_item,supply_depot}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER registry_kept BEFORE DELETE OR TRUNCATE ON liskeban.%I '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed()', registry);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER registry_kept', registry);
  END LOOP;
END
$$;

CREATE TABLE liskeban.supply_stock (
  depot    text NOT NULL REFERENCES liskeban.supply_depot,
  item     text NOT NULL REFERENCES liskeban.supply_item,
  quantity bigint NOT NULL,
  PRIMARY KEY (item, depot),
  CONSTRAINT supply_stock_quantity_check CHECK (quantity >= 0)
) WITH (fillfactor = 50);
COMMENT ON TABLE liskeban.supply_stock IS '库存 how much of an item lies in a depot now (kept by the functions that move it)';
COMMENT ON COLUMN liskeban.supply_stock.depot IS '仓库 supply_depot';
COMMENT ON COLUMN liskeban.supply_stock.item IS '物资 supply_item';
COMMENT ON COLUMN liskeban.supply_stock.quantity IS '数量 in the item''s unit; never negative';

CREATE TABLE liskeban.supply_move (
  move_id   bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  at        timestamptz NOT NULL,
  depot     text NOT NULL REFERENCES liskeban.supply_depot,
  item      text NOT NULL REFERENCES liskeban.supply_item,
  kind      text NOT NULL,
  quantity  bigint NOT NULL,
  ticket_id bigint,
  issue_id  bigint,
  actor     text NOT NULL,
  login     text NOT NULL,
  CONSTRAINT supply_move_kind_check CHECK (kind IN ('receipt', 'issue', 'return')),
  CONSTRAINT supply_move_quantity_check CHECK (quantity > 0),
  CONSTRAINT supply_move_ticket_id_check CHECK ((ticket_id IS NULL) = (kind = 'receipt')),
  CONSTRAINT supply_move_issue_id_check CHECK ((issue_id IS NULL) = (kind <> 'return')),
  CONSTRAINT supply_move_issue_id_fkey FOREIGN KEY (issue_id) REFERENCES liskeban.supply_move
);
CREATE INDEX supply_move_depot_item_idx ON liskeban.supply_move (depot, item);
CREATE INDEX supply_move_ticket_id_idx ON liskeban.supply_move (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX supply_move_issue_id_idx ON liskeban.supply_move (issue_id) WHERE issue_id IS NOT NULL;
COMMENT ON TABLE liskeban.supply_move IS '物资出入库台账 the ledger: what came in, went out for a ticket, and came back; never changed or deleted, and sealed';
COMMENT ON COLUMN liskeban.supply_move.move_id IS '编号 key, in the district''s range, in the order drawn';
COMMENT ON COLUMN liskeban.supply_move.at IS '时间 when';
COMMENT ON COLUMN liskeban.supply_move.depot IS '仓库 supply_depot';
COMMENT ON COLUMN liskeban.supply_move.item IS '物资 supply_item';
COMMENT ON COLUMN liskeban.supply_move.kind IS '类别 receipt 入库, issue 出库, return 归还';
COMMENT ON COLUMN liskeban.supply_move.quantity IS '数量 in the item''s unit; what an issue takes from the stock, the others add to it';
COMMENT ON COLUMN liskeban.supply_move.ticket_id IS '工单编号 the ticket for which it went out; NULL of a receipt';
COMMENT ON COLUMN liskeban.supply_move.issue_id IS '原出库编号 of a return the issue of which it comes back';
COMMENT ON COLUMN liskeban.supply_move.actor IS '操作人 identity acted for (act_as), else the role';
COMMENT ON COLUMN liskeban.supply_move.login IS '登录名 session_user';
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.supply_move
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.supply_move ENABLE ALWAYS TRIGGER history_kept;

CREATE FUNCTION liskeban._require_supply(item text, quantity bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF item IS NULL OR quantity IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('item and quantity must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF quantity <= 0 THEN
    RAISE EXCEPTION '%', liskeban.message('a quantity of %s is none', quantity) USING ERRCODE = 'invalid_parameter_value', HINT = liskeban.message('Give 1 or more.');
  ELSIF NOT EXISTS (SELECT FROM liskeban.supply_item AS i WHERE i.code = item AND i.retired_at IS NULL) THEN
    RAISE EXCEPTION '%', liskeban.message('item "%s" is not registered, or retired', item) USING ERRCODE = 'foreign_key_violation',
      HINT = liskeban.message('See liskeban.supply_item.');
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._require_supply(text, bigint) IS '22004 NULL, 22023 a quantity that is none, 23503 no such item';
REVOKE ALL ON FUNCTION liskeban._require_supply(text, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.receive_supplies(depot text, item text, quantity bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF depot IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('depot must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM liskeban._require_supply(item, quantity);
  IF NOT EXISTS (SELECT FROM liskeban.supply_depot AS d WHERE d.code = receive_supplies.depot AND d.retired_at IS NULL) THEN
    RAISE EXCEPTION '%', liskeban.message('depot "%s" is not registered, or retired', depot) USING ERRCODE = 'foreign_key_violation',
      HINT = liskeban.message('See liskeban.supply_depot.');
  END IF;
  INSERT INTO liskeban.supply_stock AS s (depot, item, quantity)
  VALUES (receive_supplies.depot, receive_supplies.item, receive_supplies.quantity)
  ON CONFLICT ON CONSTRAINT supply_stock_pkey DO UPDATE SET quantity = s.quantity + excluded.quantity;
  RETURN liskeban._append_ledger('supply_move', jsonb_build_object('depot', depot, 'item', item, 'kind', 'receipt', 'quantity', quantity));
END
$$;
COMMENT ON FUNCTION liskeban.receive_supplies(text, text, bigint) IS '物资入库 add to a depot''s stock; returns move_id. 22004 NULL, 22023 a quantity that is none, 23503 a depot or an item that is not registered, or retired';
REVOKE ALL ON FUNCTION liskeban.receive_supplies(text, text, bigint) FROM PUBLIC;

-- The split: the nearest depots first, each giving what it has until the need is covered.
CREATE FUNCTION liskeban._supply_split(place geometry, item text, quantity bigint)
RETURNS TABLE (nth bigint, depot text, depot_name text, in_stock bigint, take bigint, distance double precision)
LANGUAGE sql STABLE ROWS 10 SET search_path FROM CURRENT AS $$
  SELECT s.nth, s.code, s.name, s.quantity, least(s.quantity, _supply_split.quantity - s.nearer), s.distance
    FROM (SELECT row_number() OVER near AS nth, d.code, d.name, d.quantity, d.distance,
                 coalesce(sum(d.quantity) OVER (near ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS nearer
            FROM (SELECT p.code, p.name, k.quantity, ST_Distance(p.geom::geography, _supply_split.place::geography, false) AS distance
                    FROM liskeban.supply_stock AS k JOIN liskeban.supply_depot AS p ON p.code = k.depot
                   WHERE k.item = _supply_split.item AND k.quantity > 0 AND p.retired_at IS NULL) AS d
          WINDOW near AS (ORDER BY d.distance NULLS LAST, d.code)) AS s
   WHERE s.nearer < _supply_split.quantity
   ORDER BY s.nth
$$;
COMMENT ON FUNCTION liskeban._supply_split(geometry, text, bigint) IS 'the depots that cover a quantity of an item, nearest first (in metres, on the sphere; by code where there is no place); takes together less than the quantity where there is not enough';
REVOKE ALL ON FUNCTION liskeban._supply_split(geometry, text, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.nearest_supplies(ticket_id bigint, item text, quantity bigint)
RETURNS TABLE (nth bigint, depot text, depot_name text, in_stock bigint, take bigint, distance double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket constant liskeban.ticket := liskeban._reachable_ticket(ticket_id, 'look for supplies for');
BEGIN
  PERFORM liskeban._require_supply(item, quantity);
  RETURN QUERY SELECT s.* FROM liskeban._supply_split(ticket.geom, nearest_supplies.item, nearest_supplies.quantity) AS s ORDER BY s.nth;
END
$$;
COMMENT ON FUNCTION liskeban.nearest_supplies(bigint, text, bigint) IS '就近调配 which depots cover a quantity of an item for a ticket, nearest first: what each has and what it gives, its distance in metres on the sphere (NULL, and by code, where the ticket has no position). Takes together less than the quantity where there is not enough; promises nothing until issue_supplies(). P0002 no such ticket, 22004 NULL, 42501 not within the actor''s reach, 22023 a quantity that is none, 23503 no such item';
REVOKE ALL ON FUNCTION liskeban.nearest_supplies(bigint, text, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.issue_supplies(ticket_id bigint, item text, quantity bigint)
RETURNS TABLE (move_id bigint, depot text, issued bigint, distance double precision)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  ticket constant liskeban.ticket := liskeban._reachable_ticket(issue_supplies.ticket_id, 'issue supplies for');
  available bigint;
  part record;
BEGIN
  PERFORM liskeban._require_supply(issue_supplies.item, issue_supplies.quantity);
  IF ticket.state IN ('closed', 'rejected', 'withdrawn', 'merged') THEN
    RAISE EXCEPTION '%', liskeban.message('ticket %s is %s', ticket.ticket_id, ticket.state) USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('Supplies go out for tickets that are open.');
  END IF;
  -- All of the item's stock, always in one order, whichever depots will give: so nobody waits in a circle.
  PERFORM FROM liskeban.supply_stock AS s WHERE s.item = issue_supplies.item ORDER BY s.depot FOR UPDATE;
  SELECT coalesce(sum(s.quantity), 0) INTO available
    FROM liskeban.supply_stock AS s JOIN liskeban.supply_depot AS d ON d.code = s.depot
   WHERE s.item = issue_supplies.item AND d.retired_at IS NULL;
  IF available < issue_supplies.quantity THEN
    RAISE EXCEPTION '%', liskeban.message('there is not enough of "%s"', issue_supplies.item) USING ERRCODE = 'object_not_in_prerequisite_state',
      DETAIL = liskeban.message('%s are asked for, all depots together have %s.', issue_supplies.quantity, available);
  END IF;
  FOR part IN SELECT s.* FROM liskeban._supply_split(ticket.geom, issue_supplies.item, issue_supplies.quantity) AS s ORDER BY s.nth LOOP
    UPDATE liskeban.supply_stock AS s SET quantity = s.quantity - part.take WHERE s.item = issue_supplies.item AND s.depot = part.depot;
    move_id := liskeban._append_ledger('supply_move', jsonb_build_object('depot', part.depot, 'item', issue_supplies.item, 'kind', 'issue',
                                                                         'quantity', part.take, 'ticket_id', ticket.ticket_id));
    depot := part.depot;
    issued := part.take;
    distance := part.distance;
    RETURN NEXT;
  END LOOP;
END
$$;
COMMENT ON FUNCTION liskeban.issue_supplies(bigint, text, bigint) IS '物资出库 issue a quantity of an item for a ticket from the nearest depots, all of it or nothing: a row for each depot that gives. P0002 no such ticket, 22004 NULL, 42501 not within the actor''s reach, 22023 a quantity that is none, 23503 no such item, 55000 there is not enough, or the ticket is over';
REVOKE ALL ON FUNCTION liskeban.issue_supplies(bigint, text, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.return_supplies(move_id bigint, quantity bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  issue liskeban.supply_move;
  returned bigint;
BEGIN
  IF move_id IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('move_id must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT m.* INTO issue FROM liskeban.supply_move AS m WHERE m.move_id = return_supplies.move_id AND m.kind = 'issue';
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no issue %s', move_id) USING ERRCODE = 'no_data_found';
  END IF;
  PERFORM liskeban._reachable_ticket(issue.ticket_id, 'return supplies of');
  IF quantity IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('quantity must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  -- The stock's lock also stands between two returns of one issue.
  PERFORM FROM liskeban.supply_stock AS s WHERE s.item = issue.item AND s.depot = issue.depot FOR UPDATE;
  returned := (SELECT coalesce(sum(m.quantity), 0) FROM liskeban.supply_move AS m WHERE m.issue_id = return_supplies.move_id);
  IF quantity <= 0 OR quantity > issue.quantity - returned THEN
    RAISE EXCEPTION '%', liskeban.message('a return of %s is more than is out, or none', quantity) USING ERRCODE = 'invalid_parameter_value',
      DETAIL = liskeban.message('Issue %s gave %s, %s of them have come back.', move_id, issue.quantity, returned);
  END IF;
  UPDATE liskeban.supply_stock AS s SET quantity = s.quantity + return_supplies.quantity WHERE s.item = issue.item AND s.depot = issue.depot;
  RETURN liskeban._append_ledger('supply_move', jsonb_build_object('depot', issue.depot, 'item', issue.item, 'kind', 'return',
                                                                   'quantity', quantity, 'ticket_id', issue.ticket_id, 'issue_id', move_id));
END
$$;
COMMENT ON FUNCTION liskeban.return_supplies(bigint, bigint) IS '物资归还 take back into its depot what an issue gave out, at most what is still out; returns move_id. 22004 NULL, P0002 no such issue, 42501 not within the actor''s reach, 22023 more than is out, or none';
REVOKE ALL ON FUNCTION liskeban.return_supplies(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._supply_problems() RETURNS TABLE (depot text, item text, problem text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(s.depot, m.depot), coalesce(s.item, m.item), format('%s are in stock, the ledger says %s', s.quantity, m.quantity)
    FROM liskeban.supply_stock AS s
    FULL JOIN (SELECT v.depot, v.item, sum(CASE v.kind WHEN 'issue' THEN -v.quantity ELSE v.quantity END) AS quantity
                 FROM liskeban.supply_move AS v GROUP BY v.depot, v.item) AS m ON m.depot = s.depot AND m.item = s.item
   WHERE s.quantity IS DISTINCT FROM m.quantity
  UNION ALL
  SELECT i.depot, i.item, format('issue %s gave %s, %s came back', i.move_id, i.quantity, sum(r.quantity))
    FROM liskeban.supply_move AS r JOIN liskeban.supply_move AS i ON i.move_id = r.issue_id
   GROUP BY i.move_id HAVING sum(r.quantity) > i.quantity
$$;
COMMENT ON FUNCTION liskeban._supply_problems() IS 'stock that is not what its ledger adds up to, and issues of which more came back than went out';
REVOKE ALL ON FUNCTION liskeban._supply_problems() FROM PUBLIC;

-- The platform that every client meets, and an application's least privilege in it. Loaded by regress/clients/clients,
-- which copies it for each client; what each then does is said there.
--
-- app is the one login of an application. It has the group roles of the duties that its people have, and three rows of
-- membership that let it act for people whose duties lie within them; as itself it may do nothing. bi is a dashboard.
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
UPDATE liskeban.area SET geom = ST_MakeEnvelope(119, 31, 119.1, 31.1, 4490) WHERE code::text = '320117';
INSERT INTO liskeban.area (code, name, name_en, geom) VALUES
  ('320117001', '永阳街道', 'Yongyang', ST_MakeEnvelope(119, 31, 119.1, 31.1, 4490)),
  ('320117001001', '东门村', 'Dongmen', ST_MakeEnvelope(119, 31, 119.05, 31.1, 4490)),
  ('320117001002', '西门村', 'Ximen', ST_MakeEnvelope(119.05, 31, 119.1, 31.1, 4490));
INSERT INTO liskeban.membership (role_name, duty, area, source) VALUES
  ('hall', 'source', NULL, 'hotline_12345'), ('desk', 'dispatcher', '320117', NULL),
  ('zhang', 'handler', '320117001001', NULL), ('li', 'handler', '320117001002', NULL);

CREATE ROLE app LOGIN IN ROLE liskeban_source, liskeban_dispatcher, liskeban_handler;
CREATE ROLE bi LOGIN IN ROLE liskeban_analyst;
INSERT INTO liskeban.membership (role_name, duty, area, gateway) VALUES
  ('app', 'source', NULL, true), ('app', 'dispatcher', '320117', true), ('app', 'handler', '320117', true);

-- a morning that stands still, so that times can be expected
ALTER ROLE app SET liskeban.now = '2024-10-28 09:00:00+08';
ALTER ROLE bi SET liskeban.now = '2024-10-28 09:00:00+08';
ALTER ROLE app SET timezone = 'Asia/Shanghai';
ALTER ROLE bi SET timezone = 'Asia/Shanghai';

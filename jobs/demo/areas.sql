-- Sample areas: the code tree of Lishui (320117) is real, its outlines are not.
--
-- Codes and names of the 9 towns and 118 villages are those of the national statistical codes, edition 2023. Every
-- geometry is SYNTHETIC: the district's outline is a simplification of about fifty points (CGCS2000, rounded to
-- 0.001 degrees), and the cells of towns, villages, grids and microgrids are Voronoi cells inside it, around a centre
-- for each town and the points of a low-discrepancy sequence below that. Nothing here says where a real village ends.
--
-- Every village has 4 grids, the first of them 3 microgrids; a few dedicated grids (park, mall, school) lie inside
-- others. Same rows each time: there is no randomness in it. The finest cells are noded together on a grid of 1e-6
-- degrees and the coarser ones are their unions, so siblings share their edges exactly and leave no gap.
-- Read by district.sql, which sets the search path and opens the transaction.

CREATE TEMP TABLE demo_outline AS SELECT ST_GeomFromText('POLYGON((
  119.117 31.426, 119.081 31.424, 119.078 31.435, 119.046 31.426, 119.029 31.431, 119.013 31.416, 119.005 31.385,
  118.984 31.398, 118.965 31.383, 118.940 31.402, 118.921 31.439, 118.876 31.490, 118.881 31.530, 118.868 31.536,
  118.877 31.567, 118.868 31.576, 118.872 31.592, 118.857 31.595, 118.866 31.601, 118.854 31.626, 118.828 31.633,
  118.847 31.647, 118.880 31.645, 118.885 31.664, 118.902 31.672, 118.901 31.686, 118.916 31.691, 118.932 31.677,
  118.943 31.680, 118.937 31.711, 118.895 31.737, 118.890 31.769, 118.897 31.792, 118.979 31.766, 119.036 31.790,
  119.072 31.786, 119.089 31.758, 119.105 31.753, 119.152 31.701, 119.181 31.696, 119.182 31.651, 119.199 31.649,
  119.207 31.630, 119.227 31.634, 119.211 31.572, 119.176 31.540, 119.175 31.529, 119.193 31.532, 119.193 31.524,
  119.178 31.502, 119.145 31.492, 119.147 31.466, 119.117 31.426
))', 4490) AS geom;

-- A town's centre; pull draws the centres of its villages towards it, as in a built-up town (0 = evenly spread).
CREATE TEMP TABLE demo_town (code text, name text, name_en text, lon float8, lat float8, pull float8);
INSERT INTO demo_town VALUES
  ('320117001', '永阳街道', 'Yongyang Subdistrict', 119.040, 31.648, 0.6),
  ('320117002', '柘塘街道', 'Zhetang Subdistrict', 118.930, 31.750, 0),
  ('320117003', '东屏街道', 'Dongping Subdistrict', 119.125, 31.700, 0),
  ('320117004', '石湫街道', 'Shiqiu Subdistrict', 118.890, 31.615, 0),
  ('320117005', '洪蓝街道', 'Honglan Subdistrict', 118.972, 31.590, 0),
  ('320117101', '白马镇', 'Baima Town', 119.165, 31.585, 0),
  ('320117106', '晶桥镇', 'Jingqiao Town', 119.090, 31.500, 0),
  ('320117107', '和凤镇', 'Hefeng Town', 118.960, 31.465, 0),
  ('320117400', '溧水开发区', 'Lishui Development Zone', 119.020, 31.735, 0.2);

CREATE TEMP TABLE demo_village (code text, name text);
INSERT INTO demo_village VALUES
  ('320117001001', '中山路居委会'), ('320117001002', '庆丰路居委会'), ('320117001003', '毓秀路居委会'),
  ('320117001004', '东门街居委会'), ('320117001006', '通济街居委会'), ('320117001007', '状元坊居委会'),
  ('320117001008', '宝塔路居委会'), ('320117001009', '交通路居委会'), ('320117001010', '财贸新村居委会'),
  ('320117001011', '板桥居委会'), ('320117001012', '秦淮路居委会'), ('320117001013', '城郊社区居委会'),
  ('320117001014', '戴家社区居委会'), ('320117001015', '十里牌社区居委会'), ('320117001016', '工农兵社区居委会'),
  ('320117001017', '东庐社区居委会'), ('320117001018', '石巷社区居委会'), ('320117001019', '中山社区居委会'),
  ('320117001020', '致远社区居委会'), ('320117001021', '龙山社区居委会'), ('320117001022', '仪凤社区居委会'),
  ('320117001023', '崇文社区居委会'), ('320117001024', '恒大社区居委会'), ('320117001025', '琴音社区居委会'),
  ('320117001027', '高平居民委员会'), ('320117001029', '花塘岗社区居民委员会'), ('320117001030', '石燕社区居委会'),
  ('320117001031', '观峰社区居民委员会'), ('320117001032', '锦绣社区居民委员会'), ('320117001207', '秋湖村委会'),
  ('320117001209', '高塘村委会'), ('320117001210', '东山村委会'), ('320117002009', '秦淮社区居委会'),
  ('320117002013', '柘塘居委会'), ('320117002014', '空港居委会'), ('320117002015', '乌山居委会'),
  ('320117002016', '崇贤居委会'), ('320117002017', '康怡居委会'), ('320117002018', '群力居委会'),
  ('320117002019', '沙河居委会'), ('320117003001', '方边居委会'), ('320117003003', '徐溪社区居委会'),
  ('320117003004', '金湖社区居委会'), ('320117003005', '长乐社区居委会'), ('320117003006', '定湖社区居委会'),
  ('320117003200', '白鹿村委会'), ('320117003201', '丽山村委会'), ('320117003210', '和平村委会'),
  ('320117003211', '爱民村委会'), ('320117003212', '爱廉村委会'), ('320117004001', '石湫社区居委会'),
  ('320117004002', '明觉社区居委会'), ('320117004003', '塘窦村社区居委会'), ('320117004004', '社东社区居委会'),
  ('320117004005', '蟹塘社区居委会'), ('320117004006', '光明社区居委会'), ('320117004202', '桑园蒲村委会'),
  ('320117004203', '横山村委会'), ('320117004206', '九塘村委会'), ('320117004207', '上方村委会'),
  ('320117004208', '同心村委会'), ('320117004209', '三星村委会'), ('320117004210', '向阳村委会'),
  ('320117004211', '东泉村委会'), ('320117005001', '洪蓝居委会'), ('320117005002', '蒲塘居委会'),
  ('320117005003', '三里亭社区居委会'), ('320117005004', '无想寺社区居委会'), ('320117005005', '天生桥社区居委会'),
  ('320117005006', '西旺社区居委会'), ('320117005007', '傅家边社区居委会'), ('320117005008', '上港社区居委会'),
  ('320117005204', '青锋村委会'), ('320117005205', '塘西村委会'), ('320117005211', '陈卞村委会'),
  ('320117005212', '姜家村委会'), ('320117101001', '白马居委会'), ('320117101002', '金谷居委会'),
  ('320117101003', '上洋社区居委会'), ('320117101004', '革新社区居委会'), ('320117101005', '朱家边社区居委会'),
  ('320117101006', '白龙社区居委会'), ('320117101205', '石头寨村委会'), ('320117101206', '曹家桥村委会'),
  ('320117101207', '大树下村委会'), ('320117101213', '浮山村委会'), ('320117106001', '新桥居委会'),
  ('320117106002', '杭村居委会'), ('320117106003', '陶村社区居委会'), ('320117106004', '芮家社区居委会'),
  ('320117106005', '枫香岭社区居委会'), ('320117106201', '笪村村委会'), ('320117106204', '水晶村委会'),
  ('320117106205', '云鹤山村委会'), ('320117106208', '芝山村委会'), ('320117106209', '孔家村委会'),
  ('320117106210', '仙坛村委会'), ('320117106211', '邰村村委会'), ('320117107001', '双牌石集镇居委会'),
  ('320117107002', '孔镇社区居委会'), ('320117107003', '毛公铺社区居委会'), ('320117107004', '沙塘庵社区居委会'),
  ('320117107005', '乌飞塘社区居委会'), ('320117107006', '凤凰路居委会'), ('320117107201', '沈家山村委会'),
  ('320117107203', '张家村委会'), ('320117107204', '孙家巷村委会'), ('320117107206', '吴村桥村委会'),
  ('320117107209', '中杨村委会'), ('320117107210', '骆山村委会'), ('320117400002', '机场路居委会'),
  ('320117400003', '前进居委会'), ('320117400005', '荷花居委会'), ('320117400006', '团山居委会'),
  ('320117400007', '明珠桥居委会'), ('320117400008', '新安居委会'), ('320117400009', '星河社区居民委员会'),
  ('320117400010', '杨林桥社区居民委员会');

-- Dedicated grids: a square of the given half side (metres; 1 degree is 94,800 m by 110,900 m here) around a point inside the village's second grid.
CREATE TEMP TABLE demo_dedicated (code text, name text, name_en text, half_side float8);
INSERT INTO demo_dedicated VALUES
  ('320117001012901', '秦淮源公园专属网格', 'Qinhuaiyuan Park', 60),
  ('320117001019901', '万达广场专属网格', 'Wanda Plaza', 60),
  ('320117001020901', '溧水高级中学专属网格', 'Lishui Senior High School', 60),
  ('320117002014901', '空港枢纽专属网格', 'Airport Hub', 250),
  ('320117005004901', '无想山森林公园专属网格', 'Wuxiang Mountain Forest Park', 300),
  ('320117005005901', '天生桥景区专属网格', 'Tiansheng Bridge Scenic Area', 250),
  ('320117005007901', '傅家边农业科技园专属网格', 'Fujiabian Agricultural Park', 250),
  ('320117400009901', '星河商业中心专属网格', 'Xinghe Shopping Centre', 60);

-- n points inside a polygon, from the additive sequence of the plastic number over its bounding box, nearest to the
-- centre first; pull > 0 draws them towards the centre.
CREATE FUNCTION pg_temp.demo_points(parent geometry, centre geometry, n integer, pull float8)
RETURNS TABLE (no bigint, point geometry) LANGUAGE sql IMMUTABLE AS $$
  SELECT row_number() OVER (ORDER BY ST_Distance(q.p, centre), q.i), q.p
    FROM (SELECT c.i, c.p
            FROM (SELECT g.i, ST_Point(ST_X(centre) + (s.x - ST_X(centre)) * f.f, ST_Y(centre) + (s.y - ST_Y(centre)) * f.f, 4490) AS p
                    FROM generate_series(1, 100 * n) AS g (i),
                         LATERAL (SELECT ST_XMin(parent) + (ST_XMax(parent) - ST_XMin(parent)) * ((0.5 + 0.7548776662466927 * g.i) - floor(0.5 + 0.7548776662466927 * g.i)) AS x,
                                         ST_YMin(parent) + (ST_YMax(parent) - ST_YMin(parent)) * ((0.5 + 0.5698402909980532 * g.i) - floor(0.5 + 0.5698402909980532 * g.i)) AS y) AS s,
                         LATERAL (SELECT power(ST_Distance(ST_Point(s.x, s.y, 4490), centre) / ST_MaxDistance(centre, parent), pull) AS f) AS f) AS c
           WHERE ST_Contains(parent, c.p)
           ORDER BY c.i
           LIMIT n) AS q
$$;

-- The Voronoi cells of points, clipped by parent, one for each point in its order.
CREATE FUNCTION pg_temp.demo_cells(parent geometry, points geometry[])
RETURNS TABLE (no bigint, cell geometry) LANGUAGE sql IMMUTABLE AS $$
  SELECT p.no, ST_CollectionExtract(ST_Intersection(d.geom, parent), 3)
    FROM ST_Dump(ST_VoronoiPolygons(ST_Collect(points), 0, ST_Expand(parent, 0.1))) AS d (path, geom)
    JOIN unnest(points) WITH ORDINALITY AS p (point, no) ON ST_Contains(d.geom, p.point)
$$;

CREATE TEMP TABLE demo_cell_town AS
  SELECT t.code, t.lon, t.lat, t.pull, c.cell
    FROM (SELECT array_agg(ST_Point(lon, lat, 4490) ORDER BY code) AS points, array_agg(code ORDER BY code) AS codes FROM demo_town) AS a,
         demo_outline AS o,
         LATERAL pg_temp.demo_cells(o.geom, a.points) AS c
    JOIN demo_town AS t ON true
   WHERE t.code = a.codes[c.no];

CREATE TEMP TABLE demo_cell_village AS
  SELECT v.codes[c.no] AS code, c.cell
    FROM demo_cell_town AS t,
         LATERAL (SELECT array_agg(code ORDER BY code) AS codes FROM demo_village WHERE left(code, 9) = t.code) AS v,
         LATERAL (SELECT array_agg(point ORDER BY no) AS points
                    FROM pg_temp.demo_points(t.cell, ST_Point(t.lon, t.lat, 4490), cardinality(v.codes), t.pull)) AS p,
         LATERAL pg_temp.demo_cells(t.cell, p.points) AS c;

CREATE TEMP TABLE demo_cell_grid AS
  SELECT v.code || lpad(c.no::text, 3, '0') AS code, c.cell
    FROM demo_cell_village AS v,
         LATERAL (SELECT array_agg(point ORDER BY no) AS points FROM pg_temp.demo_points(v.cell, ST_PointOnSurface(v.cell), 4, 0)) AS p,
         LATERAL pg_temp.demo_cells(v.cell, p.points) AS c;

-- The finest cells: three microgrids in each village's first grid, the other grids as they are.
CREATE TEMP TABLE demo_cell_fine AS
  SELECT g.code || lpad(c.no::text, 3, '0') AS code, c.cell
    FROM demo_cell_grid AS g,
         LATERAL (SELECT array_agg(point ORDER BY no) AS points FROM pg_temp.demo_points(g.cell, ST_PointOnSurface(g.cell), 3, 0)) AS p,
         LATERAL pg_temp.demo_cells(g.cell, p.points) AS c
   WHERE right(g.code, 3) = '001'
  UNION ALL
  SELECT g.code, g.cell FROM demo_cell_grid AS g WHERE right(g.code, 3) <> '001';

-- Node all edges together, make faces of them again, and give each face to the cell it came from.
CREATE TEMP TABLE demo_face AS
  SELECT f.code, f.face
    FROM (SELECT DISTINCT ON (d.path) d.geom AS face, c.code
            FROM (SELECT ST_Polygonize(e.edges) AS faces
                    FROM (SELECT ST_UnaryUnion(ST_Collect(ST_Boundary(cell)), 0.000001) AS edges FROM demo_cell_fine) AS e) AS z,
                 LATERAL ST_Dump(z.faces) AS d,
                 LATERAL (SELECT ST_PointOnSurface(d.geom) AS point) AS s
            JOIN demo_cell_fine AS c ON ST_DWithin(c.cell, s.point, 0.000001)
           ORDER BY d.path, ST_Distance(c.cell, s.point), c.code) AS f;

-- One statement, for each statement on areas makes every backend build its index of them anew.
INSERT INTO liskeban.area AS a (code, name, name_en, kind, geom)
  WITH cell AS (
    SELECT left(f.code, l.length)::liskeban.area_code AS code, left(f.code, l.length) AS digits, ST_UnaryUnion(ST_Collect(f.face)) AS geom
      FROM demo_face AS f, (VALUES (6), (9), (12), (15), (18)) AS l (length)
     WHERE length(f.code) >= l.length
     GROUP BY left(f.code, l.length)
  )
  SELECT c.code,
         CASE length(c.digits)
           WHEN 6 THEN (SELECT name FROM liskeban.platform)
           WHEN 9 THEN t.name
           WHEN 12 THEN v.name
           WHEN 15 THEN v.name || '第' || substr(c.digits, 15, 1) || '网格'
           ELSE v.name || '第' || substr(c.digits, 15, 1) || '网格' || substr(c.digits, 18, 1) || '号微网格'
         END,
         CASE length(c.digits) WHEN 9 THEN t.name_en END,
         'plain', c.geom
    FROM cell AS c
    LEFT JOIN demo_town AS t ON t.code = left(c.digits, 9)
    LEFT JOIN demo_village AS v ON v.code = left(c.digits, 12)
  UNION ALL
  SELECT d.code::liskeban.area_code, d.name, d.name_en, 'dedicated',
         ST_Intersection(g.geom, ST_MakeEnvelope(ST_X(s.point) - d.half_side / 94800, ST_Y(s.point) - d.half_side / 110900,
                                                 ST_X(s.point) + d.half_side / 94800, ST_Y(s.point) + d.half_side / 110900, 4490))
    FROM demo_dedicated AS d
    JOIN cell AS g ON g.digits = left(d.code, 12) || '002',
         LATERAL (SELECT ST_SnapToGrid((ST_MaximumInscribedCircle(g.geom)).center, 0.00001) AS point) AS s
   ORDER BY 1
  ON CONFLICT (code) DO UPDATE
    SET name = excluded.name, name_en = coalesce(excluded.name_en, a.name_en), kind = excluded.kind, geom = excluded.geom;

\set n random(1, :tickets)
INSERT INTO liskeban.ticket (source, category, title, description, address, geom) SELECT source, category, title, description, address, geom FROM bench.request WHERE n = :n;

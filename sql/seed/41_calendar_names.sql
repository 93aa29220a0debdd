-- The holidays by their English names, of the days that have none yet.
UPDATE liskeban.calendar_day AS c SET name_en = e.name_en
  FROM (VALUES ('元旦', 'New Year''s Day'), ('春节', 'Spring Festival'), ('清明节', 'Tomb-sweeping Day'), ('劳动节', 'Labour Day'),
               ('端午节', 'Dragon Boat Festival'), ('中秋节', 'Mid-autumn Festival'), ('国庆节', 'National Day'),
               ('国庆节、中秋节', 'National Day and Mid-autumn Festival'), ('中秋节、国庆节', 'Mid-autumn Festival and National Day')) AS e(name, name_en)
 WHERE e.name = c.name AND c.name_en IS NULL;

CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price INTEGER, weight REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
INSERT INTO item SELECT i, 'item ' || (i * 7919 % 40009), i * 31 % 997, i * 0.25 FROM n;
CREATE INDEX by_name ON item(name);
SELECT count(*), sum(price), round(avg(weight), 3) FROM item;
SELECT price, count(*), min(name), max(name) FROM item GROUP BY price ORDER BY 2 DESC, 1 LIMIT 5;
SELECT count(*) FROM item a JOIN item b ON a.name = 'item ' || (b.id * 3 % 40009) WHERE b.price < 500;
SELECT count(*) FROM item WHERE name LIKE '%99%';
UPDATE item SET price = price + 1 WHERE id % 3 = 0;
DELETE FROM item WHERE id % 5 = 0;
SELECT count(*), sum(price), sum(length(name)) FROM item;

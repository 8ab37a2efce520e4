-- The counts of all collections, for reports.
CREATE OR REPLACE VIEW @slug@_writes AS
SELECT parent_id AS collection, (data ->> 'writes')::BIGINT AS writes
FROM objects
WHERE resource_name = '@slug@' AND NOT deleted;

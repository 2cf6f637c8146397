-- More ways in which a territory reaches its customers than a drawn area: blocks by code, reach by drive time,
-- rules about customers. JSON, as in `area`; each migration alters table and twin.
alter table territory_versions add column units text;
alter table territory_versions add column reach text;
alter table territory_versions add column rules text;
alter table territory_versions_history add column units text;
alter table territory_versions_history add column reach text;
alter table territory_versions_history add column rules text;

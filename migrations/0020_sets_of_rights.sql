-- What somebody sees is put together as a set, from their territories to the places in them, and a place is asked for its
-- territory all day: both answered by an index alone.
drop index assignments_by_territory_id;
create index assignments_by_territory_id on assignments (territory_id, valid_to, location_id);
drop index assignments_by_location_id;
create index assignments_by_location_id on assignments (location_id, valid_to, territory_id);
-- Orders that people ask lists of customers for.
drop index accounts_by_owner_id;
create index accounts_by_owner_id on accounts (owner_id, id);
create index accounts_by_class on accounts (class, id);
-- Links that are asked from their far end: by pages, and whenever a record is taken away.
create index accounts_by_parent_id on accounts (parent_id) where parent_id is not null;
create index activities_by_contact_id on activities (contact_id) where contact_id is not null;
create index activities_by_opportunity_id on activities (opportunity_id) where opportunity_id is not null;
create index cases_by_contact_id on cases (contact_id) where contact_id is not null;
create index contact_roles_by_contact_id on contact_roles (contact_id) where contact_id is not null;
create index leads_by_contact_id on leads (contact_id) where contact_id is not null;
create index leads_by_territory_id on leads (territory_id) where territory_id is not null;
create index opportunities_by_competitor_id on opportunities (competitor_id) where competitor_id is not null;
create index opportunities_by_lead_id on opportunities (lead_id) where lead_id is not null;
create index opportunities_by_location_id on opportunities (location_id) where location_id is not null;
create index opportunity_roles_by_contact_id on opportunity_roles (contact_id) where contact_id is not null;
create index quotes_by_contact_id on quotes (contact_id) where contact_id is not null;
create index scenario_comments_by_location_id on scenario_comments (location_id) where location_id is not null;
create index scenario_objections_by_location_id on scenario_objections (location_id) where location_id is not null;
create index left_out_visits_by_location_id on left_out_visits (location_id) where location_id is not null;

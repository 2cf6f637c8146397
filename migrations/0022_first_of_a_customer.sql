-- A customer's places and contacts in the order of their ids, from the index alone: the first place says whose territory a
-- sale is in, and a segment asks for the contacts of half a million customers.
drop index locations_by_account_id;
create index locations_by_account_id on locations (account_id, id);
drop index contacts_by_account_id;
create index contacts_by_account_id on contacts (account_id, id);

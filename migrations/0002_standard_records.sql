-- The standard records: each table and its twin. Columns shared by all are described in 0001.

create table accounts (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    number text,
    number_folded text collate "C",
    type text collate "C" not null,
    class text collate "C",
    industry text,
    industry_folded text collate "C",
    status text collate "C",
    phone text,
    phone_folded text collate "C",
    email text,
    email_folded text collate "C",
    website text,
    employees bigint,
    annual_revenue bigint,
    currency text collate "C",
    parent_id text,
    owner_id text,
    source text collate "C",
    description text
);
create index accounts_by_owner_id on accounts (owner_id);
create index accounts_by_type on accounts (type);
create index accounts_by_name_folded on accounts (name_folded, id);

create table accounts_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    number text,
    number_folded text collate "C",
    type text collate "C" not null,
    class text collate "C",
    industry text,
    industry_folded text collate "C",
    status text collate "C",
    phone text,
    phone_folded text collate "C",
    email text,
    email_folded text collate "C",
    website text,
    employees bigint,
    annual_revenue bigint,
    currency text collate "C",
    parent_id text,
    owner_id text,
    source text collate "C",
    description text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index accounts_history_superseded on accounts_history (superseded_at);

create table contacts (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    given_name text collate "C",
    family_name text collate "C",
    title text collate "C",
    email text,
    email_folded text collate "C",
    phone text,
    phone_folded text collate "C",
    account_id text not null,
    language text collate "C",
    note text
);
create index contacts_by_account_id on contacts (account_id);
create index contacts_by_name_folded on contacts (name_folded, id);

create table contacts_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    given_name text collate "C",
    family_name text collate "C",
    title text collate "C",
    email text,
    email_folded text collate "C",
    phone text,
    phone_folded text collate "C",
    account_id text not null,
    language text collate "C",
    note text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index contacts_history_superseded on contacts_history (superseded_at);

create table locations (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    lng double precision,
    lat double precision,
    cell bigint,
    name text,
    name_folded text collate "C",
    account_id text not null,
    kind text collate "C",
    source_text text,
    street text,
    street_folded text collate "C",
    house_number text collate "C",
    postal_code text,
    postal_code_folded text collate "C",
    city text,
    city_folded text collate "C",
    country text collate "C",
    opening_hours text,
    access_note text,
    visit_minutes bigint,
    geocode_status text collate "C",
    geocode_level text collate "C",
    geocode_confidence double precision,
    geocode_label text collate "C",
    geocode_why text,
    geocode_map text collate "C",
    geocode_locked boolean,
    geocoded_at bigint,
    pin_distance_m double precision,
    pin_confidence double precision,
    active boolean
);
create index locations_by_account_id on locations (account_id);
create index locations_by_cell on locations (cell);
create index locations_by_geocode_status on locations (geocode_status);

create table locations_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    lng double precision,
    lat double precision,
    cell bigint,
    name text,
    name_folded text collate "C",
    account_id text not null,
    kind text collate "C",
    source_text text,
    street text,
    street_folded text collate "C",
    house_number text collate "C",
    postal_code text,
    postal_code_folded text collate "C",
    city text,
    city_folded text collate "C",
    country text collate "C",
    opening_hours text,
    access_note text,
    visit_minutes bigint,
    geocode_status text collate "C",
    geocode_level text collate "C",
    geocode_confidence double precision,
    geocode_label text collate "C",
    geocode_why text,
    geocode_map text collate "C",
    geocode_locked boolean,
    geocoded_at bigint,
    pin_distance_m double precision,
    pin_confidence double precision,
    active boolean,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index locations_history_superseded on locations_history (superseded_at);

create table teams (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C"
);
create unique index teams_name_once on teams (name);
create index teams_by_name_folded on teams (name_folded, id);

create table teams_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index teams_history_superseded on teams_history (superseded_at);

create table users (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    email text not null,
    role text collate "C" not null,
    team_id text,
    language text collate "C",
    active boolean
);
create unique index users_email_once on users (email);
create index users_by_name_folded on users (name_folded, id);

create table users_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    email text not null,
    role text collate "C" not null,
    team_id text,
    language text collate "C",
    active boolean,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index users_history_superseded on users_history (superseded_at);

create table roles (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text collate "C" not null,
    grants text not null
);
create unique index roles_name_once on roles (name);

create table roles_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text collate "C" not null,
    grants text not null,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index roles_history_superseded on roles_history (superseded_at);

create table territories (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    parent_id text,
    line text collate "C",
    colour bigint,
    priority bigint,
    capacity_hours double precision
);
create index territories_by_name_folded on territories (name_folded, id);

create table territories_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    parent_id text,
    line text collate "C",
    colour bigint,
    priority bigint,
    capacity_hours double precision,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index territories_history_superseded on territories_history (superseded_at);

create table territory_versions (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    valid_from bigint not null,
    valid_to bigint not null,
    territory_id text not null,
    number bigint not null,
    author_id text,
    message text collate "C",
    area text,
    named_locations text
);
create index territory_versions_by_territory_id on territory_versions (territory_id);

create table territory_versions_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    valid_from bigint not null,
    valid_to bigint not null,
    territory_id text not null,
    number bigint not null,
    author_id text,
    message text collate "C",
    area text,
    named_locations text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index territory_versions_history_superseded on territory_versions_history (superseded_at);

create table territory_members (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    valid_from bigint not null,
    valid_to bigint not null,
    territory_id text not null,
    user_id text not null,
    role text collate "C" not null,
    share double precision
);
create index territory_members_by_territory_id on territory_members (territory_id);
create index territory_members_by_user_id on territory_members (user_id);

create table territory_members_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    valid_from bigint not null,
    valid_to bigint not null,
    territory_id text not null,
    user_id text not null,
    role text collate "C" not null,
    share double precision,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index territory_members_history_superseded on territory_members_history (superseded_at);

create table assignments (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    valid_from bigint not null,
    valid_to bigint not null,
    location_id text not null,
    territory_id text not null,
    line text collate "C",
    cause text collate "C" not null,
    version_id text,
    reason text
);
create index assignments_by_location_id on assignments (location_id);
create index assignments_by_territory_id on assignments (territory_id);

create table assignments_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    valid_from bigint not null,
    valid_to bigint not null,
    location_id text not null,
    territory_id text not null,
    line text collate "C",
    cause text collate "C" not null,
    version_id text,
    reason text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index assignments_history_superseded on assignments_history (superseded_at);

create table visits (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    account_id text not null,
    location_id text not null,
    owner_id text,
    status text collate "C" not null,
    purpose text,
    purpose_folded text collate "C",
    cause text collate "C",
    priority bigint,
    planned_start bigint,
    planned_end bigint,
    promised_at bigint,
    duration_minutes bigint,
    plan_id text,
    calendar_sequence bigint,
    check_in_at bigint,
    check_in_lng double precision,
    check_in_lat double precision,
    check_in_distance_m double precision,
    check_out_at bigint,
    outcome text collate "C",
    note text,
    note_folded text collate "C",
    next_date text collate "C"
);
create index visits_by_account_id on visits (account_id);
create index visits_by_location_id on visits (location_id);
create index visits_by_plan_id on visits (plan_id);
create index visits_by_owner_id on visits (owner_id, planned_start);

create table visits_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    account_id text not null,
    location_id text not null,
    owner_id text,
    status text collate "C" not null,
    purpose text,
    purpose_folded text collate "C",
    cause text collate "C",
    priority bigint,
    planned_start bigint,
    planned_end bigint,
    promised_at bigint,
    duration_minutes bigint,
    plan_id text,
    calendar_sequence bigint,
    check_in_at bigint,
    check_in_lng double precision,
    check_in_lat double precision,
    check_in_distance_m double precision,
    check_out_at bigint,
    outcome text collate "C",
    note text,
    note_folded text collate "C",
    next_date text collate "C",
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index visits_history_superseded on visits_history (superseded_at);

create table visit_frequencies (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    class text collate "C",
    location_id text,
    days bigint not null,
    min_gap_days bigint,
    max_gap_days bigint,
    duration_minutes bigint,
    priority bigint
);
create index visit_frequencies_by_location_id on visit_frequencies (location_id);

create table visit_frequencies_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    class text collate "C",
    location_id text,
    days bigint not null,
    min_gap_days bigint,
    max_gap_days bigint,
    duration_minutes bigint,
    priority bigint,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index visit_frequencies_history_superseded on visit_frequencies_history (superseded_at);

create table rep_calendars (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    lng double precision,
    lat double precision,
    cell bigint,
    user_id text not null,
    time_zone text collate "C",
    shifts text,
    lunch_minutes bigint,
    lunch_from text collate "C",
    lunch_to text collate "C",
    home_label text collate "C",
    max_drive_minutes bigint
);
create unique index rep_calendars_user_id_once on rep_calendars (user_id);

create table rep_calendars_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    lng double precision,
    lat double precision,
    cell bigint,
    user_id text not null,
    time_zone text collate "C",
    shifts text,
    lunch_minutes bigint,
    lunch_from text collate "C",
    lunch_to text collate "C",
    home_label text collate "C",
    max_drive_minutes bigint,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index rep_calendars_history_superseded on rep_calendars_history (superseded_at);

create table absences (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    user_id text not null,
    first_day text collate "C" not null,
    last_day text collate "C" not null,
    reason text collate "C"
);
create index absences_by_user_id on absences (user_id);

create table absences_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    user_id text not null,
    first_day text collate "C" not null,
    last_day text collate "C" not null,
    reason text collate "C",
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index absences_history_superseded on absences_history (superseded_at);

create table activities (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    kind text collate "C" not null,
    subject text not null,
    subject_folded text collate "C",
    body text,
    body_folded text collate "C",
    account_id text,
    contact_id text,
    opportunity_id text,
    owner_id text,
    direction text collate "C",
    due_at bigint,
    happened_at bigint,
    status text collate "C"
);
create index activities_by_account_id on activities (account_id);
create index activities_by_owner_id on activities (owner_id, due_at);

create table activities_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    kind text collate "C" not null,
    subject text not null,
    subject_folded text collate "C",
    body text,
    body_folded text collate "C",
    account_id text,
    contact_id text,
    opportunity_id text,
    owner_id text,
    direction text collate "C",
    due_at bigint,
    happened_at bigint,
    status text collate "C",
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index activities_history_superseded on activities_history (superseded_at);

create table stages (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    position bigint not null,
    probability bigint,
    is_won boolean,
    is_closed boolean
);
create index stages_by_name_folded on stages (name_folded, id);

create table stages_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    position bigint not null,
    probability bigint,
    is_won boolean,
    is_closed boolean,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index stages_history_superseded on stages_history (superseded_at);

create table opportunities (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    account_id text not null,
    location_id text,
    stage_id text not null,
    is_closed boolean,
    amount bigint,
    probability bigint,
    close_date text collate "C",
    owner_id text,
    credited_territory_id text,
    loss_reason text collate "C"
);
create index opportunities_by_account_id on opportunities (account_id);
create index opportunities_by_stage_id on opportunities (stage_id);
create index opportunities_by_name_folded on opportunities (name_folded, id);

create table opportunities_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    account_id text not null,
    location_id text,
    stage_id text not null,
    is_closed boolean,
    amount bigint,
    probability bigint,
    close_date text collate "C",
    owner_id text,
    credited_territory_id text,
    loss_reason text collate "C",
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index opportunities_history_superseded on opportunities_history (superseded_at);

create table plans (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    user_id text not null,
    day text collate "C" not null,
    status text collate "C" not null,
    seed bigint,
    map_hash text collate "C",
    problem text,
    result text,
    drive_seconds bigint,
    drive_meters bigint,
    visit_seconds bigint,
    starts_at bigint,
    ends_at bigint
);
create index plans_by_user_id on plans (user_id, day);

create table plans_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    user_id text not null,
    day text collate "C" not null,
    status text collate "C" not null,
    seed bigint,
    map_hash text collate "C",
    problem text,
    result text,
    drive_seconds bigint,
    drive_meters bigint,
    visit_seconds bigint,
    starts_at bigint,
    ends_at bigint,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index plans_history_superseded on plans_history (superseded_at);

create table stops (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    plan_id text not null,
    visit_id text not null,
    sequence bigint not null,
    arrive_at bigint,
    start_at bigint,
    depart_at bigint,
    drive_seconds bigint,
    drive_meters bigint,
    locked text,
    reasons text
);
create index stops_by_plan_id on stops (plan_id);
create index stops_by_visit_id on stops (visit_id);

create table stops_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    plan_id text not null,
    visit_id text not null,
    sequence bigint not null,
    arrive_at bigint,
    start_at bigint,
    depart_at bigint,
    drive_seconds bigint,
    drive_meters bigint,
    locked text,
    reasons text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index stops_history_superseded on stops_history (superseded_at);

create table left_out_visits (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    plan_id text not null,
    location_id text not null,
    reasons text,
    price_seconds bigint
);
create index left_out_visits_by_plan_id on left_out_visits (plan_id);

create table left_out_visits_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    plan_id text not null,
    location_id text not null,
    reasons text,
    price_seconds bigint,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index left_out_visits_history_superseded on left_out_visits_history (superseded_at);

create table import_jobs (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    file_name text collate "C" not null,
    file_hash text collate "C",
    state text collate "C" not null,
    settings text,
    mapping text,
    summary text,
    errors text,
    import_change_set text collate "C",
    owner_id text
);
create index import_jobs_by_owner_id on import_jobs (owner_id);

create table import_jobs_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    file_name text collate "C" not null,
    file_hash text collate "C",
    state text collate "C" not null,
    settings text,
    mapping text,
    summary text,
    errors text,
    import_change_set text collate "C",
    owner_id text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index import_jobs_history_superseded on import_jobs_history (superseded_at);

create table external_ids (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    system text collate "C" not null,
    external text not null,
    external_folded text collate "C",
    record_type text collate "C" not null,
    record_id text collate "C" not null
);
create index external_ids_by_record_type on external_ids (record_type, record_id);

create table external_ids_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    system text collate "C" not null,
    external text not null,
    external_folded text collate "C",
    record_type text collate "C" not null,
    record_id text collate "C" not null,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index external_ids_history_superseded on external_ids_history (superseded_at);

create table regions (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    shape text not null,
    owner_id text
);
create index regions_by_name_folded on regions (name_folded, id);

create table regions_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    shape text not null,
    owner_id text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index regions_history_superseded on regions_history (superseded_at);

-- One customer number of another system names one record.
create unique index external_ids_once on external_ids (system, external, record_type);
-- A place has one owner per product line at a time; the program ends one validity before it begins the next.
create unique index assignments_one_open on assignments (location_id, coalesce(line, '')) where valid_to = 9223372036854775807;
create index visits_by_status on visits (status, planned_start);

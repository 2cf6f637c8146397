-- Selling: leads, pipelines, products and their prices, quotes, orders, targets, people's roles.

create table leads (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    given_name text,
    family_name text,
    company text,
    company_folded text collate "C",
    title text,
    email text,
    email_folded text collate "C",
    phone text,
    phone_folded text collate "C",
    phone_key text,
    website text,
    industry text,
    industry_folded text collate "C",
    employees bigint,
    street text,
    house_number text,
    postal_code text,
    postal_code_folded text collate "C",
    city text,
    city_folded text collate "C",
    country text,
    message text,
    source text,
    source_folded text collate "C",
    status text collate "C" not null,
    score bigint,
    score_reasons text,
    checks text,
    owner_id text,
    territory_id text,
    assignment_reason text,
    account_id text,
    contact_id text,
    opportunity_id text,
    converted_at bigint,
    lng double precision,
    lat double precision,
    cell bigint
);
create index leads_by_name_folded on leads (name_folded, id);
create index leads_by_company_folded on leads (company_folded, id);
create index leads_by_owner_id on leads (owner_id);
create index leads_by_account_id on leads (account_id);
create index leads_by_opportunity_id on leads (opportunity_id);
create index leads_by_cell on leads (cell);

create table leads_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    given_name text,
    family_name text,
    company text,
    company_folded text collate "C",
    title text,
    email text,
    email_folded text collate "C",
    phone text,
    phone_folded text collate "C",
    phone_key text,
    website text,
    industry text,
    industry_folded text collate "C",
    employees bigint,
    street text,
    house_number text,
    postal_code text,
    postal_code_folded text collate "C",
    city text,
    city_folded text collate "C",
    country text,
    message text,
    source text,
    source_folded text collate "C",
    status text collate "C" not null,
    score bigint,
    score_reasons text,
    checks text,
    owner_id text,
    territory_id text,
    assignment_reason text,
    account_id text,
    contact_id text,
    opportunity_id text,
    converted_at bigint,
    lng double precision,
    lat double precision,
    cell bigint,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index leads_history_superseded on leads_history (superseded_at);

create table pipelines (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    position bigint
);
create index pipelines_by_name_folded on pipelines (name_folded, id);

create table pipelines_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    position bigint,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index pipelines_history_superseded on pipelines_history (superseded_at);

create table opportunity_roles (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    opportunity_id text not null,
    contact_id text not null,
    role text collate "C" not null,
    influence bigint
);
create index opportunity_roles_by_opportunity_id on opportunity_roles (opportunity_id);

create table opportunity_roles_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    opportunity_id text not null,
    contact_id text not null,
    role text collate "C" not null,
    influence bigint,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index opportunity_roles_history_superseded on opportunity_roles_history (superseded_at);

create table contact_roles (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    account_id text not null,
    contact_id text not null,
    title text,
    title_folded text collate "C"
);
create index contact_roles_by_account_id on contact_roles (account_id);

create table contact_roles_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    account_id text not null,
    contact_id text not null,
    title text,
    title_folded text collate "C",
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index contact_roles_history_superseded on contact_roles_history (superseded_at);

create table products (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    code text not null,
    code_folded text collate "C",
    family text,
    family_folded text collate "C",
    unit text,
    tax_rate bigint,
    life_cycle text collate "C" not null,
    phase_out_on text collate "C",
    ends_on text collate "C",
    successor_id text,
    description text
);
create index products_by_name_folded on products (name_folded, id);
create unique index products_code_once on products (code);
create index products_by_code_folded on products (code_folded, id);
create index products_by_successor_id on products (successor_id);

create table products_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    code text not null,
    code_folded text collate "C",
    family text,
    family_folded text collate "C",
    unit text,
    tax_rate bigint,
    life_cycle text collate "C" not null,
    phase_out_on text collate "C",
    ends_on text collate "C",
    successor_id text,
    description text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index products_history_superseded on products_history (superseded_at);

create table price_books (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    currency text not null,
    priority bigint,
    class text collate "C",
    industry text,
    territory_id text,
    from_day text collate "C",
    to_day text collate "C"
);
create index price_books_by_name_folded on price_books (name_folded, id);

create table price_books_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    currency text not null,
    priority bigint,
    class text collate "C",
    industry text,
    territory_id text,
    from_day text collate "C",
    to_day text collate "C",
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index price_books_history_superseded on price_books_history (superseded_at);

create table prices (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    price_book_id text not null,
    product_id text not null,
    amount bigint not null,
    min_quantity double precision
);
create index prices_by_price_book_id on prices (price_book_id);
create index prices_by_product_id on prices (product_id);

create table prices_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    price_book_id text not null,
    product_id text not null,
    amount bigint not null,
    min_quantity double precision,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index prices_history_superseded on prices_history (superseded_at);

create table quotes (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    number text collate "C",
    number_folded text collate "C",
    revision bigint,
    account_id text not null,
    opportunity_id text,
    contact_id text,
    owner_id text,
    status text collate "C" not null,
    valid_until text collate "C",
    terms text,
    discount bigint,
    lines text,
    currency text not null,
    net bigint,
    tax bigint,
    total bigint,
    sent_at bigint,
    decided_at bigint
);
create unique index quotes_number_once on quotes (number, revision);
create index quotes_by_number_folded on quotes (number_folded, id);
create index quotes_by_account_id on quotes (account_id);
create index quotes_by_opportunity_id on quotes (opportunity_id);
create index quotes_by_owner_id on quotes (owner_id);

create table quotes_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    number text collate "C",
    number_folded text collate "C",
    revision bigint,
    account_id text not null,
    opportunity_id text,
    contact_id text,
    owner_id text,
    status text collate "C" not null,
    valid_until text collate "C",
    terms text,
    discount bigint,
    lines text,
    currency text not null,
    net bigint,
    tax bigint,
    total bigint,
    sent_at bigint,
    decided_at bigint,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index quotes_history_superseded on quotes_history (superseded_at);

create table orders (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    number text collate "C",
    number_folded text collate "C",
    account_id text not null,
    opportunity_id text,
    quote_id text,
    owner_id text,
    status text collate "C" not null,
    ordered_on text collate "C",
    discount bigint,
    lines text,
    currency text not null,
    net bigint,
    tax bigint,
    total bigint,
    erp_reference text,
    erp_reference_folded text collate "C",
    handed_over_at bigint
);
create unique index orders_number_once on orders (number);
create index orders_by_number_folded on orders (number_folded, id);
create index orders_by_account_id on orders (account_id);
create index orders_by_opportunity_id on orders (opportunity_id);
create index orders_by_quote_id on orders (quote_id);
create index orders_by_owner_id on orders (owner_id);

create table orders_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    number text collate "C",
    number_folded text collate "C",
    account_id text not null,
    opportunity_id text,
    quote_id text,
    owner_id text,
    status text collate "C" not null,
    ordered_on text collate "C",
    discount bigint,
    lines text,
    currency text not null,
    net bigint,
    tax bigint,
    total bigint,
    erp_reference text,
    erp_reference_folded text collate "C",
    handed_over_at bigint,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index orders_history_superseded on orders_history (superseded_at);

create table targets (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    user_id text,
    territory_id text,
    from_day text collate "C" not null,
    to_day text collate "C" not null,
    amount bigint not null
);
create index targets_by_user_id on targets (user_id);

create table targets_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    user_id text,
    territory_id text,
    from_day text collate "C" not null,
    to_day text collate "C" not null,
    amount bigint not null,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index targets_history_superseded on targets_history (superseded_at);

-- Opportunities and stages know more of themselves.
alter table stages add column pipeline_id text;
alter table stages_history add column pipeline_id text;
alter table stages add column forecast_category text collate "C";
alter table stages_history add column forecast_category text collate "C";
alter table stages add column tasks text;
alter table stages_history add column tasks text;
alter table stages add column days bigint;
alter table stages_history add column days bigint;
alter table opportunities add column is_won boolean;
alter table opportunities_history add column is_won boolean;
alter table opportunities add column stage_since bigint;
alter table opportunities_history add column stage_since bigint;
alter table opportunities add column closed_at bigint;
alter table opportunities_history add column closed_at bigint;
alter table opportunities add column currency text;
alter table opportunities_history add column currency text;
alter table opportunities add column kind text collate "C";
alter table opportunities_history add column kind text collate "C";
alter table opportunities add column next_step text;
alter table opportunities_history add column next_step text;
alter table opportunities add column source text;
alter table opportunities_history add column source text;
alter table opportunities add column source_folded text collate "C";
alter table opportunities_history add column source_folded text collate "C";
alter table opportunities add column lead_id text;
alter table opportunities_history add column lead_id text;
alter table opportunities add column competitor_id text;
alter table opportunities_history add column competitor_id text;
alter table opportunities add column win_reason text;
alter table opportunities_history add column win_reason text;

-- Who somebody may be already is asked whenever somebody is entered.
alter table accounts add column domain text;
alter table accounts_history add column domain text;
create index accounts_by_domain on accounts (domain);
create index accounts_by_email_folded on accounts (email_folded);
create index contacts_by_email_folded on contacts (email_folded);
create index leads_by_email_folded on leads (email_folded);
alter table accounts add column phone_key text;
alter table accounts_history add column phone_key text;
alter table contacts add column phone_key text;
alter table contacts_history add column phone_key text;
create index accounts_by_phone_key on accounts (phone_key);
create index contacts_by_phone_key on contacts (phone_key);
create index leads_by_phone_key on leads (phone_key);

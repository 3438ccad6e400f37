-- Who may close (销号) a ledger item is for its authority to say.
alter table reference.authority
    add column ledger_closing text not null default 'verified' check (ledger_closing in ('verified', 'anyone'));
comment on column reference.authority.ledger_closing is 'What closes a ledger item: verified, a close after another than its doer verified; anyone, every close. 销号是否须他人复核';

-- Every record that was received has become one thing, and came through one door.
select source, day, received
from {{ ref('candidate_source_accounts') }}
where received <> accepted + duplicate + conflict + rejected + dead_lettered + pending
    or received <> (select coalesce(sum(d.value::bigint), 0) from jsonb_each_text(doors) as d)

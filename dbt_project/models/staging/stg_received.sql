-- One row per record that a door took in or refused, with what became of it; replays count for their originals.
select
    topic,
    partition,
    "offset" as log_offset,
    arrived_at,
    verdict,
    code,
    is_replayed,
    source,
    door,
    type as event_type,
    event_at,
    zone,
    day,
    lateness_seconds
from {{ source('raw', 'received') }}

{#
    Rulers: W counts up to a place, at finds the earliest place of a count (docs/reading-a-case.md §4).
    A place is a bigint: days since 1970 on a date ruler, microseconds since 1970 on an instant ruler.
#}
{% macro workday_number(calendar, day) %}(
    select on_day.workday_number from {{ ref('int_work_calendar') }} as on_day where on_day.calendar = {{ calendar }} and on_day.day = {{ day }}
){% endmacro %}

{% macro nth_workday(calendar, number) %}(
    select on_day.day from {{ ref('int_work_calendar') }} as on_day
    where on_day.calendar = {{ calendar }} and on_day.is_workday and on_day.workday_number = {{ number }}
){% endmacro %}

{# The day itself if it is worked, else the next that is. #}
{% macro next_workday(calendar, day) %}(
    select on_day.next_workday from {{ ref('int_work_calendar') }} as on_day where on_day.calendar = {{ calendar }} and on_day.day = {{ day }}
){% endmacro %}

{# The n-th working day after a date. #}
{% macro workdays_after(calendar, day, number) %}
{{ nth_workday(calendar, workday_number(calendar, day) ~ ' + ' ~ number) }}
{% endmacro %}

{# Office microseconds up to an instant (µs), from a fixed origin. #}
{% macro business_count(schedule, us) %}coalesce((
    select office.count_before + least({{ us }}, office.closes_us) - office.opens_us
    from {{ ref('int_sessions') }} as office
    where office.schedule = {{ schedule }} and office.opens_us <= {{ us }}
    order by office.opens_us desc limit 1
), 0){% endmacro %}

{% macro business_at(schedule, count) %}(
    select office.opens_us + ({{ count }}) - office.count_before
    from {{ ref('int_sessions') }} as office
    where office.schedule = {{ schedule }} and office.count_before < {{ count }}
    order by office.count_before desc limit 1
){% endmacro %}

{% macro ruler_count(ruler, calendar, schedule, place) %}
case {{ ruler }}
    when 'workday' then {{ workday_number(calendar, day_of(place)) }}
    when 'business' then {{ business_count(schedule, place) }}
    else {{ place }}
end
{% endmacro %}

{% macro ruler_at(ruler, calendar, schedule, count) %}
case {{ ruler }}
    when 'workday' then {{ day_number(nth_workday(calendar, count)) }}
    when 'business' then {{ business_at(schedule, count) }}
    else {{ count }}
end
{% endmacro %}

{# The first session of a date; null on a day off. #}
{% macro opening(schedule, day) %}(
    select office.opens_at from {{ ref('int_sessions') }} as office
    where office.schedule = {{ schedule }} and office.day = {{ day }} and office.is_first
){% endmacro %}

{# The first opening at or after an instant; natural days open at nine. #}
{% macro next_opening(ruler, schedule, zone, at) %}
case
    when {{ ruler }} <> 'day' then (
        select office.opens_at from {{ ref('int_sessions') }} as office
        where office.schedule = {{ schedule }} and office.is_first and office.opens_at >= {{ at }}
        order by office.opens_at limit 1
    )
    when ({{ at }} at time zone {{ zone }})::time <= time '09:00'
        then ({{ local_date(at, zone) }} + time '09:00') at time zone {{ zone }}
    else ({{ local_date(at, zone) }} + 1 + time '09:00') at time zone {{ zone }}
end
{% endmacro %}

{#
    reach: the earliest place where `target` is counted, pauses left out; null where an open pause hides it.
    `goals`: one row per case, clock and goal with first_place, target, counts_all, ignores_pauses and the ruler's columns.
    A pause counts if it begins before the place found so far.
#}
{% macro reach(goals) %}
    stepped as (
        select
            g.case_key, g.clock_id, g.goal, g.ruler, g.calendar, g.schedule, g.first_place, g.target, g.counts_all,
            g.ignores_pauses, 0 as stretch_no, g.first_place as found, 0::bigint as shift
        from {{ goals }} as g

        union all

        select
            s.case_key, s.clock_id, s.goal, s.ruler, s.calendar, s.schedule, s.first_place, s.target, s.counts_all,
            s.ignores_pauses, t.stretch_no,
            case
                when t.ended is null then null
                when s.shift + t.ended_count - t.began_count > 0 then greatest(
                    s.first_place,
                    {{ ruler_at('s.ruler', 's.calendar', 's.schedule', 's.target + s.shift + t.ended_count - t.began_count') }}
                )
                else s.found
            end,
            s.shift + t.ended_count - t.began_count
        from stepped as s
        inner join {{ ref('int_stretches') }} as t
            on t.case_key = s.case_key and t.clock_id = s.clock_id and t.is_on_ruler and t.stretch_no = s.stretch_no + 1
        where s.found is not null and not s.ignores_pauses and (t.began < s.found or s.counts_all)
    ),

    reached as (
        select distinct on (case_key, clock_id, goal) case_key, clock_id, goal, found
        from stepped
        order by case_key, clock_id, goal, stretch_no desc
    )
{% endmacro %}

{#
    run_out: where a limit runs out: reached, rolled off a day off, and not while a pause is on.
    `reached` joined with the clock (c) and its stretches.
#}
{% macro run_out(found, clock) %}
case
    when {{ clock }}.late_pauses_extend then {{ roll(found, clock) }}
    else coalesce((
        select coalesce(t.ended, -1)
        from {{ ref('int_stretches') }} as t
        where t.case_key = {{ clock }}.case_key and t.clock_id = {{ clock }}.clock_id and t.coordinate = {{ clock }}.standing
            and not {{ clock }}.ignores_pauses
            and t.began <= {{ roll(found, clock) }} and (t.ended is null or {{ roll(found, clock) }} < t.ended)
        order by t.stretch_no limit 1
    ), {{ roll(found, clock) }})
end
{% endmacro %}

{% macro roll(found, clock) %}
case when {{ clock }}.ruler = 'day' then {{ day_number(next_workday(clock ~ '.calendar', day_of(found))) }} else {{ found }} end
{% endmacro %}

{# The goals of limits: explicit ones begin at the instant given, others at start and length. #}
{% macro limit_goals(clocks) %}
    select
        c.case_key, c.clock_id, 'due' as goal, c.ruler, c.calendar, c.schedule,
        case
            when c.limit_unit is null then {{ us('c.given_due_at') }}
            else greatest(
                c.start_place,
                {{ ruler_at('c.ruler', 'c.calendar', 'c.schedule',
                    '(' ~ ruler_count('c.ruler', 'c.calendar', 'c.schedule', 'c.start_place') ~ ') + c.length') }}
            )
        end as first_place,
        case
            when c.limit_unit is null then {{ business_count('c.schedule', us('c.given_due_at')) }}
            else {{ ruler_count('c.ruler', 'c.calendar', 'c.schedule', 'c.start_place') }} + c.length
        end as target,
        c.late_pauses_extend as counts_all,
        c.ignores_pauses
    from {{ clocks }} as c
{% endmacro %}

{#
    segments: from begins_at to bound, but for breaks: what is left, in order (§5).
    `courses`: case_key, clock_id, rule_id, begins_at, bound. `breaks`: case_key, clock_id, began_at, ended_at,
    resumes_at. An open break (ended_at null) ends the row.
#}
{% macro segments(courses, breaks) %}
    broken as (
        select
            c.case_key, c.rule_id, c.begins_at, c.bound, b.began_at, b.ended_at,
            max(b.resumes_at) over (
                partition by c.case_key, c.rule_id order by b.began_at rows between unbounded preceding and 1 preceding
            ) as resumed_at,
            max(b.resumes_at) over (partition by c.case_key, c.rule_id) as last_resumed_at,
            bool_or(b.ended_at is null) over (partition by c.case_key, c.rule_id) as stays_broken
        from {{ courses }} as c
        inner join {{ breaks }} as b on b.case_key = c.case_key and b.clock_id = c.clock_id
        where (b.ended_at is null or b.ended_at > c.begins_at) and (c.bound is null or b.began_at < c.bound)
    ),

    pieces as (
        select case_key, rule_id, greatest(begins_at, resumed_at) as began_at, began_at as ended_at
        from broken

        union all

        select distinct case_key, rule_id, greatest(begins_at, last_resumed_at), bound
        from broken
        where not stays_broken

        union all

        select c.case_key, c.rule_id, c.begins_at, c.bound
        from {{ courses }} as c
        where not exists (select from broken as b where b.case_key = c.case_key and b.rule_id = c.rule_id)
    ),

    segments as (
        select * from pieces where ended_at is null or began_at < ended_at
    )
{% endmacro %}

{# after_pauses: an instant that lies in a pause becomes the first opening after it; null while the pause is open. #}
{% macro after_pauses(begins) %}
    shifted as (
        select b.case_key, b.clock_id, b.rule_id, b.begins_at, 0 as stretch_no
        from {{ begins }} as b

        union all

        select
            s.case_key, s.clock_id, s.rule_id,
            case
                when t.began <= {{ us('s.begins_at') }} and (t.ended is null or {{ us('s.begins_at') }} < t.ended)
                    then {{ next_opening('c.ruler', 'c.schedule', 'c.zone', instant('t.ended')) }}
                else s.begins_at
            end,
            t.stretch_no
        from shifted as s
        inner join {{ ref('int_stretches') }} as t
            on t.case_key = s.case_key and t.clock_id = s.clock_id and t.coordinate = 'instant'
            and t.stretch_no = s.stretch_no + 1
        inner join {{ ref('int_limits') }} as c on c.case_key = s.case_key and c.clock_id = s.clock_id
        where s.begins_at is not null
    ),

    begun as (
        select distinct on (case_key, clock_id, rule_id) case_key, clock_id, rule_id, begins_at
        from shifted
        order by case_key, clock_id, rule_id, stretch_no desc
    )
{% endmacro %}

"""A small city: a few subjects of every family, so few that each figure can be counted by hand."""

from tests.cases import accepted, china, document

NOW = china("2026-11-25 10:00")
DOER, OTHER = (f"hmac:{digit * 64}" for digit in "ab")


def told(event, at, number, /, **given):
    name = given.pop("name", None)
    one = document(event, at, number=number, **given)
    return one | {"data": one["data"] | ({"name": name} if name else {})}


def cases():
    """Four cases of M005 (10 working days promised 5): early, on the last day, late, withdrawn on the last day."""
    for number, stop, result in (
        ("c1", "11-04", "granted"),
        ("c2", "11-09", "granted"),
        ("c3", "11-12", "refused"),
        ("c4", "11-09", "withdrawn"),
    ):
        yield told("applied", "2026-11-01 09:00", number, matter_code="M006", unit_code="u1", channel="app")
        yield accepted("2026-11-02", number=number, matter_code="M006", promise=(5, "workday"), channel="app")
        yield told("finished", f"2026-11-{stop[3:]} 16:00", number, result=result)
    yield accepted("2026-11-18", number="c5", matter_code="M006", promise=(3, "workday"), channel="window")
    yield accepted(
        "2026-11-16", number="c6", matter_code="M003", promise=(1, "workday"), is_tolerant=True, window="general"
    )
    yield told("finished", "2026-11-17 11:00", "c6", result="granted")
    yield told("tolerance_cleared", "2026-11-17 10:00", "c6")
    for place in ("one", "two"):
        yield told("visited", "2026-11-03 10:00", "c1", place=place)
    for number, rounds in (("c1", 1), ("c2", 2)):
        for place in range(rounds):
            yield told("correction_requested", f"2026-11-01 1{place}:00", number, round=place + 1)
    for number, level, active in (("c1", 1, True), ("c2", 5, True), ("c3", 1, False)):
        yield told("rated", "2026-11-12 17:00", number, level=level, is_active=active)
    yield told("rating_contacted", "2026-11-13 09:00", "c2")
    for by in ("upload", "shared", "e_licence"):
        yield told("material_received", "2026-11-01 09:30", "c1", kind="id", by=by, is_in_guide=by != "upload")


def demands():
    """Called in time and closed in time; called late and closed late; difficult and answered; open, not due yet; a complaint."""
    for number, kind, contacted, event, at in (
        ("d1", "general", "11-03", "closed", "11-09"),
        ("d2", "general", "11-04", "closed", "11-10"),
        ("d3", "difficult", "11-03", "replied", "11-16"),
    ):
        yield told("demand.registered", "2026-11-02", number, unit_code="u1", kind="finance", **{"class": kind})
        yield told("demand.contacted", f"2026-{contacted} 16:59", number)
        yield told(f"demand.{event}", f"2026-{at} 16:59", number)
    yield told("demand.registered", "2026-11-24 16:00", "d4", unit_code="u1", kind="finance")
    yield told("demand.registered", "2026-11-02", "d5", unit_code="u1", kind="finance")
    yield told("demand.contacted", "2026-11-03 12:00", "d5")
    yield told("demand.reclassified", "2026-11-06 12:00", "d5", **{"class": "difficult"})
    yield told("demand.registered", "2026-11-02", "d6", unit_code="u1", kind="complaint")
    yield told("demand.contacted", "2026-11-05", "d6")
    yield told("demand.closed", "2026-11-12", "d6")


def payouts():
    for number, paid in (("p1", "11-13"), ("p2", None), ("p3", "11-23")):
        yield told("payout.eligible", "2026-11-01", number, policy="x", unit_code="u1", amount=1000)
        yield told("payout.applied", "2026-11-02", number, policy="x", unit_code="u1", amount=1000)
        yield told("payout.approved", "2026-11-04", number, amount=800)
        if paid:
            yield told("payout.paid", f"2026-{paid}", number, amount=800)
    yield told("payout.eligible", "2026-11-02", "p4", policy="y", unit_code="u1", amount=500)
    yield told("payout.paid", "2026-11-03", "p4", amount=500)


def instalments():
    """Approved 1000: paid in full in three parts, too late; in part; told again in one part and in full; deleted; refused first."""
    by = {"authority": "instalments"}
    for number, parts in (
        ("p1", (("11-05", 333.3), ("11-10", 333.3), ("11-25 09:00", 333.4))),
        ("p2", (("11-05", 400),)),
        ("p3", (("11-05", 400), ("11-06", 500))),
        ("p4", (("11-05", 400), ("11-06", 600))),
        ("p5", (("11-12", 1000),)),
    ):
        yield told(
            "payout.eligible", "2026-11-01", number, recordkey="e", policy="x", unit_code="u1", amount=2000, **by
        )
        if number == "p5":
            yield told("payout.applied", "2026-11-02", number, recordkey="a", policy="x", unit_code="u1", **by)
            yield told("payout.rejected", "2026-11-03", number, recordkey="n", **by)
        approved = "2026-11-05" if number == "p5" else "2026-11-03"
        yield told("payout.approved", approved, number, recordkey="y", amount=1000, **by)
        for place, (at, amount) in enumerate(parts):
            yield told("payout.paid", f"2026-{at}", number, recordkey=f"paid/{place}", amount=amount, **by)
    again = {"recordkey": "paid/1", "dataversion": 2, **by}
    yield told("payout.paid", "2026-11-06", "p3", amount=600, **again)
    yield told("payout.paid", "2026-11-06", "p4", amount=600, operation="D", **again)


def reclassified():
    """Made difficult on the sixth day for good: after a first time on the second, at once, and back again; and only early."""
    for number, classes in (
        ("d1", (("11-03", "difficult"), ("11-04", "general"), ("11-10", "difficult"))),
        ("d2", (("11-10", "difficult"),)),
        ("d3", (("11-10", "difficult"), ("11-11", "general"))),
        ("d4", (("11-03", "difficult"), ("11-10", "difficult"))),
        ("d5", (("11-03", "difficult"), ("11-10", "general"))),
    ):
        given = {"authority": "reclassified", "unit_code": "u1", "kind": "finance"}
        yield told("demand.registered", "2026-11-02", number, recordkey="r", **given)
        for day, kind in classes:
            yield told(
                "demand.reclassified", f"2026-{day}", number, authority="reclassified", recordkey=day, **{"class": kind}
            )


def closed_twice():
    """Due on the tenth of August and closed in time, then told closed again; and one that was reopened and closed too late."""
    for number in ("l1", "l2"):
        given = {
            "kind": "inspection",
            "unit_code": "u1",
            "amount": 100,
            "due_at": china("2026-08-10 17:00").isoformat(),
        }
        for event, at, data in (
            ("opened", "08-03", given),
            ("verified", "08-05 09:00", {}),
            ("closed", "08-05", {"amount": 70}),
            *((("reopened", "08-12", {}), ("verified", "08-19", {})) if number == "l2" else ()),
            ("closed", "08-20", {"amount": 80}),
        ):
            yield told(
                f"ledger.{event}", f"2026-{at}", number, authority="closed-twice", recordkey=f"{event}/{at}", **data
            )


def bundles():
    """A company opened in 240 office minutes, one in 241, one without its seal, one whose seal was withdrawn."""
    for number, last in (
        ("b1", "2026-11-23 15:30"),
        ("b2", "2026-11-23 15:31"),
        ("b3", None),
        ("b4", "2026-11-23 15:00"),
    ):
        yield told(
            "bundle.opened",
            "2026-11-23 09:30",
            number,
            kind="company_opening",
            unit_code="u1",
            mandatory=["M001", "seal"],
            channel="online",
        )
        for matter, finished in (("M001", "2026-11-23 11:00"), ("seal", last), ("bank", "2026-11-24 11:00")):
            ended = {"finished_at": china(finished).isoformat()} if finished else {}
            if (number, matter) == ("b4", "seal"):
                ended["result"] = "withdrawn"
            yield told(
                "bundle.child_changed", "2026-11-23 16:00", number, recordkey=matter, child=f"jdz|{number}-{matter}", matter_code=matter,
                channel="online", visits=1 if number == "b2" else 0, accepted_at=china("2026-11-23 10:00").isoformat(), **ended,
            )  # fmt: skip


def earlier_bundles():
    """One thing done at once and online, completed the December before, and once more in January."""
    for number, month in (("e1", "2025-12"), ("e2", "2026-01")):
        yield told(
            "bundle.opened", f"{month}-05", number, kind="one_thing", code="birth", unit_code="u1", channel="online"
        )
        yield told(
            "bundle.child_changed", f"{month}-08", number, recordkey="M001", child=f"jdz|{number}-M001", matter_code="M001",
            accepted_at=china(f"{month}-05").isoformat(), finished_at=china(f"{month}-08").isoformat(),
        )  # fmt: skip


def instant():
    """M003 is on the list of 秒批 from 10 November: approved in half a minute, in two; before it, and off the list."""
    guide = {"authority": "instant", "matter_code": "M003", "name": "M003", "valid_from": "2026-11-10"}
    yield told("catalogue.matter_changed", "2026-01-01", "M003", recordkey="m", is_instant_approval=True, **guide)
    for number, day, matter, finished in (
        ("q1", "10", "M003", "10:00:30"),
        ("q2", "11", "M003", "10:02:00"),
        ("q3", "09", "M003", "10:00:30"),
        ("q4", "10", "M007", "10:00:30"),
    ):
        at = f"2026-11-{day}"
        yield accepted(f"{at} 10:00", number=number, authority="instant", matter_code=matter)
        yield told("finished", f"{at} {finished}", number, authority="instant", result="granted", is_automatic=True)


def intermediaries():
    for number, delivered in (("i1", "2026-11-09"), ("i2", "2026-11-12"), ("i3", None)):
        yield told("intermediary.selected", "2026-11-01", number, kind="survey", unit_code="u1", guide_fee=100)
        yield told(
            "intermediary.contract_signed", "2026-11-02", number, promise={"value": 5, "unit": "workday"}, fee=80
        )
        if delivered:
            yield told("intermediary.contract_filed", "2026-11-03", number)
            yield told("intermediary.delivered", delivered, number)


def ledger():
    """Old debts closed after another verified, closed by its own doer, standing still for more than thirty days; other items."""
    for number, kind, verifier in (("l1", "old_debt", OTHER), ("l2", "old_debt", DOER), ("l4", "inspection", OTHER)):
        yield told(
            "ledger.opened",
            "2026-11-02",
            number,
            kind=kind,
            unit_code="u1",
            amount=100 if kind == "old_debt" else None,
            due_at=china("2026-11-20").isoformat(),
        )
        yield told("ledger.rectified", "2026-11-03", number, by_ref=DOER)
        yield told("ledger.verified", "2026-11-04", number, by_ref=verifier)
        yield told("ledger.closed", "2026-11-05", number, by_ref=DOER, amount=90)
    yield told("ledger.opened", "2026-10-01", "l3", kind="old_debt", unit_code="u1", amount=50)
    yield told("ledger.opened", "2026-11-02", "l5", kind="signal", unit_code="u1")
    yield told("ledger.opened", "2026-10-02", "l6", kind="signal", unit_code="u1")


def catalogue():
    def matter(code, valid_from, **given):
        return told(
            "catalogue.matter_changed", "2022-01-01", code, matter_code=code, valid_from=valid_from, name=code, **given
        )

    for place in range(10):
        yield matter(f"m{place}", "2022-03-01", is_online=place < 8, online_depth=4 if place < 5 else 1)
    yield matter("m8", "2022-08-20", is_online=True, online_depth=4)
    yield matter("m9", "2022-12-20", is_online=True, online_depth=4)
    yield told("catalogue.matter_removed", "2022-12-01", "m0", matter_code="m0", valid_from="2022-12-10")
    for name, attached in (("r1", True), ("r2", False)):
        yield told(
            "catalogue.resource_changed",
            "2022-04-01",
            name,
            directory=name,
            share_type="conditional",
            is_attached=attached,
        )
    yield told(
        "catalogue.resource_changed", "2022-09-01", "r2", directory="r2", share_type="conditional", is_attached=True
    )
    yield told("catalogue.resource_changed", "2022-09-01", "r3", directory="r3", share_type="unmapped")


def activities():
    for place, result in enumerate(("reviewed", "reviewed", "missed")):
        yield told(
            "activity.recorded",
            "2026-11-05",
            f"f{place}",
            kind="fair_competition_review",
            result=result,
            is_online=False,
        )
    yield told(
        "activity.recorded",
        "2026-11-05",
        "e1",
        kind="enforcement",
        started_at=china("2026-10-06").isoformat(),
        ended_at=china("2026-11-05").isoformat(),
    )


def compressed():
    """Domain §4.3: matter A (20 working days, promise 10) with 90 cases, B (60 日, promise 20 working days) with 10."""
    for place in range(100):
        matter, value, unit, promise = ("A", 20, "workday", 10) if place < 90 else ("B", 60, "day", 20)
        yield accepted(
            "2026-03-02", number=f"t{place}", authority="table", matter_code=matter, unit_code="u9",
            statutory={"value": value, "unit": unit}, promise=(promise, "workday"),
        )  # fmt: skip


def alike():
    """Thirty cases of one office, each finished on the next working day."""
    for place in range(30):
        yield accepted(
            "2026-11-02",
            number=f"a{place}",
            authority="alike",
            matter_code="M006",
            unit_code="u1",
            promise=(5, "workday"),
        )
        yield told("finished", "2026-11-03 16:00", f"a{place}", authority="alike", result="granted")


def papers():
    """Corrections told on the fifth working day, on the sixth, and of a discharge permit on the fourth day."""
    for number, matter, at in (
        ("k1", "M007", "2026-11-09 16:00"),
        ("k2", "M007", "2026-11-10 09:00"),
        ("k3", "M029", "2026-11-06 09:00"),
    ):
        told_by = {"authority": "papers", "unit_code": "u1"}
        yield told("applied", "2026-11-02 09:00", number, matter_code=matter, **told_by)
        yield told("received", "2026-11-02 09:30", number, authority="papers")
        yield told("correction_requested", at, number, authority="papers", round=1)


def guide():
    """Two areas agree on B1 and not on B2; B3 has one area; of B4 nobody tells anything. In June B1 got shorter."""

    def matter(basic_code, area, valid_from="2022-03-01", **given):
        return told(
            "catalogue.matter_changed", "2022-01-01", f"{basic_code}-{area}", authority="guide", recordkey=valid_from,
            matter_code=f"{basic_code}-{area}", valid_from=valid_from, basic_code=basic_code, area_code=area, name=basic_code, **given,
        )  # fmt: skip

    limit = {"value": 20, "unit": "workday"}
    for area, steps in (("north", 3), ("south", 4)):
        yield matter("B1", area, steps=5, materials=4, visits=2, statutory=limit)
        yield matter("B1", area, "2022-06-01", steps=4, materials=2, visits=1, statutory=limit)
        yield matter("B2", area, steps=steps, materials=3)
        yield matter("B4", area)
    yield matter("B3", "north", steps=1)


def projects():
    """Side by side and inspected together; one after the other and on two days; a project with one child a stage."""
    for number, second, inspected in (("p1", "11-03", "11-09"), ("p2", "11-05", "11-11"), ("p3", None, None)):
        yield told("bundle.opened", "2026-11-02", number, authority="projects", kind="project", unit_code="u1")
        stretches = [("land", "11-02", "11-04"), ("completion", "11-09", "11-10")]
        if second:
            stretches += [("land", second, "11-06"), ("completion", inspected, "11-12")]
        for place, (stage, accepted_on, finished_on) in enumerate(stretches):
            yield told(
                "bundle.child_changed", "2026-11-12 11:00", number, authority="projects", recordkey=str(place),
                child=f"projects|{number}-{place}", matter_code="M011", stage=stage,
                accepted_at=china(f"2026-{accepted_on}").isoformat(), finished_at=china(f"2026-{finished_on}").isoformat(),
            )  # fmt: skip


def hearings():
    """A project of two children side by side: a hearing of nine working days in one, of a day in the other.

    Of neither is it known to which stage it belongs.
    """
    yield told("bundle.opened", "2026-11-02", "h", authority="hearings", kind="project", unit_code="u1")
    for number, began, heard, until, ended, promise in (
        ("one", "11-02", "11-03", "11-16", "11-18", (20, "workday")),
        ("other", "11-12", "11-12", "11-13", "11-17", None),
    ):
        stretch = (f"2026-{began} 10:00", f"2026-{ended} 10:00")
        case = {"authority": "hearings", "number": number}
        yield accepted(stretch[0], matter_code="M031", promise=promise, **case)
        yield document("special_started", f"2026-{heard} 11:00", recordkey="s", sn=1, kind="hearing", basis="x", **case)
        yield document("special_ended", f"2026-{until} 11:00", recordkey="e", sn=1, **case)
        yield document("finished", stretch[1], result="granted", **case)
        yield told(
            "bundle.child_changed", stretch[1], "h", authority="hearings", recordkey=f"hearings|{number}", child=f"hearings|{number}",
            matter_code="M031", stage="unmapped", accepted_at=china(stretch[0]).isoformat(), finished_at=china(stretch[1]).isoformat(),
        )  # fmt: skip


def documents():
    """A licence valid until 20 November, handed in again by the same company, by a person, elsewhere, and too late."""
    company, person = {"kind": "company", "uscc": "91360200MA3500002X"}, {"kind": "person", "ref": DOER}
    licence = {"kind": "licence", "by": "upload"}

    def case(number, day, applicant, *uploads, authority="documents"):
        by = {"applicant": applicant} if applicant else {}
        yield told(
            "applied", f"2026-11-{day} 09:00", number, authority=authority, matter_code="M007", unit_code="u1", **by
        )
        for place, upload in enumerate(uploads):
            yield told(
                "material_received", f"2026-11-{day} 09:3{place}", number, authority=authority, recordkey=str(place), **upload
            )  # fmt: skip

    dated, plan = licence | {"valid_until": "2026-11-20"}, {"kind": "plan", "by": "upload"}
    unknown = dated | {"kind": "unmapped"}
    yield from case("r1", "02", company, dated, dated, plan, unknown)
    yield from case("r2", "10", company, licence, plan, unknown)
    yield from case("r3", "20", company, licence)
    yield from case("r4", "21", company, licence)
    yield from case("r5", "10", person, licence)
    yield from case("r6", "10", None, licence)
    yield from case("r7", "10", company, licence | {"by": "shared"})
    yield from case("r1", "10", company, dated, authority="elsewhere")
    for number, day in (("r1", "02"), ("r2", "10")):
        yield from case(number, day, company, licence, authority="wordless")


def flows():
    """The guide has a visit from 10 November on: cases that keep to it, add one, leave one out, tell none."""
    guide = {"authority": "flows", "matter_code": "M007", "name": "M007"}
    for day, nodes in (("2026-01-01", ["accept", "review", "decide"]), ("2026-11-10", ["accept", "review", "visit"])):
        yield told(
            "catalogue.matter_changed", "2025-12-01", "M007", recordkey=day, valid_from=day, nodes=nodes, **guide
        )
    yield told(
        "catalogue.matter_changed", "2025-12-01", "M003", valid_from="2026-01-01", **guide | {"matter_code": "M003"}
    )
    for number, day, matter, nodes in (
        ("f1", "02", "M007", ("review", "accept", "accept")),
        ("f2", "02", "M007", ("accept", "visit")),
        ("f3", "10", "M007", ("accept", "visit")),
        ("f4", "02", "M007", ()),
        ("f5", "02", "M003", ("visit",)),
        ("f6", "02", "M007", ("visit",)),
    ):
        yield accepted(f"2026-11-{day}", number=number, authority="flows", matter_code=matter)
        for place, node in enumerate(nodes):
            yield told(
                "step_completed", f"2026-11-12 09:0{place}", number, authority="flows", recordkey=str(place), node=node
            )
        if number != "f6":
            yield told("finished", "2026-11-13", number, authority="flows", result="granted")


EVERYTHING = (
    compressed,
    alike,
    papers,
    documents,
    flows,
    guide,
    projects,
    hearings,
    cases,
    demands,
    payouts,
    instalments,
    reclassified,
    closed_twice,
    bundles,
    earlier_bundles,
    instant,
    intermediaries,
    ledger,
    catalogue,
    activities,
)

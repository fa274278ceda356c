"""The table of a package's instruments."""

from dataclasses import replace

from ecosim.forecast import instruments
from ecosim.policies import shelf


def test_the_table_of_instruments_tells_what_is_in_the_baseline(make_job, package_rows, national_rows):
    table = instruments.table(make_job()).set_index("instrument")
    assert not table.loc[list(package_rows), "in_baseline"].any()
    assert table.loc[list(national_rows), "in_baseline"].all()
    assert "amount: 20 from 2017-Q3" in table.loc["hnte_award", "numbers"]
    assert (table["source"].str.len() > 0).all()


def test_the_table_of_instruments_tells_undated_numbers_openings_and_for_whom_too(make_job):
    rows = {
        "visits": {"family": "discovery_visits", "capacity": 60, "cost": 0.25, "source": "test"},
        "centers": {
            "family": "town_service_centers", "opens": {"danghu": "2017-06", "dushan": "2018"}, "rate": 50, "cost": 5,
            "source": "test",
        },
        "gap": {"family": "cost_gap", "gap": {"2017": 40}, "elasticity": 0.3, "source": "test"},
        "chain": {"family": "chain_building", "rate": 5, "reference": {"electronics": 0.2}, "source": "test"},
        "award": {"family": "award", "rung": "tech_sme", "amount": 2, "source": "test"},
        "ranked": {"family": "science_prize", "capacity": 2, "amount": 2, "ration": "score", "score": "research",
                   "source": "test"},
        "rooms": {"family": "incubator", "slots": 20, "parks": ["here", "there"], "source": "test",
                  "eligible": {"sectors": ["electronics", "garments"], "sizes": ["small"]}},
    }  # fmt: skip
    job = replace(make_job(), policies=shelf.build(rows))
    numbers = instruments.table(job).set_index("instrument")["numbers"]
    assert numbers["visits"] == "capacity: 60; cost: 0.25"
    assert numbers["centers"] == "opens: danghu from 2017-Q2, dushan from 2018-Q1; rate: 50; cost: 5"
    assert numbers["gap"] == "gap: 40 from 2017-Q1; elasticity: 0.3"
    assert numbers["chain"] == "rate: 5; reference: electronics 0.2", "what is nothing is left out"
    assert numbers["award"] == "rung: tech_sme; amount: 2; ration: lottery"
    assert numbers["rooms"] == (
        "slots: 20; support: 0; cost: 0; eligible: sectors electronics or garments, sizes small; parks: here, there"
    )
    assert numbers["ranked"].endswith("ration: score; score: research")


def test_an_instrument_with_other_numbers_than_in_the_baseline_is_not_in_it(make_job, package_rows):
    job = make_job()
    less = shelf.build({"hnte_award": {**package_rows["hnte_award"], "amount": {"2017-07": 10}}})
    both = replace(job, baseline_policies={**job.baseline_policies, **less})
    table = instruments.table(both).set_index("instrument")
    assert not table.loc["hnte_award", "in_baseline"]
    same = replace(job, baseline_policies={"hnte_award": job.policies["hnte_award"]})
    assert instruments.table(same).set_index("instrument").loc["hnte_award", "in_baseline"]

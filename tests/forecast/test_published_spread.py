"""What is added to the firms' counts so that published ones have the spread that was estimated."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecosim.calibration.borrow import unfollowed_growth
from ecosim.calibration.growth import Growth
from ecosim.calibration.inherit import Level
from ecosim.data.periods import quarter_index
from ecosim.forecast import publish
from ecosim.forecast.accounts import ladder
from ecosim.forecast.anchor import Anchor
from ecosim.forecast.observation import (
    GRANTS_KEPT,
    MOST_FILLING,
    certified,
    departures,
    filling,
    fitted,
    log_growth,
    observation_layer,
    of_certifications,
    of_listings,
    uncarried,
)
from ecosim.forecast.publish import published_targets
from ecosim.forecast.start import Ladder

MEMBERS, YEARS = 4000, 3
END_2016 = quarter_index("2016-12")


def made_up(target, local, drift_sd=0.0):
    """Growth without trend, nearly without a common shock: local shocks and the error of the drift."""
    none = np.zeros(YEARS)
    return Growth(
        target=target,
        base_year=2016,
        locations=("Pinghu",),
        drift=np.zeros(1),
        drift_sd=np.array([drift_sd]),
        local_scale=np.array([local]),
        common_scale=none + 1e-3,
        common_df=8.0,
        measurement_sd=0.0,
        damping=none + 1.0,
        scale=none + 1.0,
        origins=np.zeros(YEARS, dtype=np.int64),
        years=(2014, 2015, 2016),
        pooled_drift=0.0,
        pooled_drift_sd=0.1,
        pooled_local_scale=local,
        borrowed_from=target,
        basis="made up",
    )


def walk(luck, sd):
    return np.cumsum(luck.normal(0.0, sd, (MEMBERS, YEARS)), axis=1)


def slopes(grown, paths):
    """Answers of growth to each shift in the last year."""
    shifts = np.column_stack([path[:, -1] - path[:, -1].mean() for path in paths.values()])
    return np.linalg.lstsq(shifts, grown[:, -1], rcond=None)[0]


def test_a_count_that_answers_its_shift_by_half_is_published_as_if_it_answered_in_full():
    luck = np.random.default_rng(1)
    paths = {"demand": walk(luck, 0.1), "research": walk(luck, 0.2)}
    own = luck.normal(0.0, 0.03, (MEMBERS, YEARS))
    grown = 0.5 * paths["demand"] + 0.3 * paths["research"] + own + 0.2
    published = grown + uncarried(grown, paths, "demand")
    assert slopes(published, paths) == pytest.approx([1.0, 0.0], abs=1e-9)
    left = published - paths["demand"]
    assert left.std(axis=0) == pytest.approx(own.std(axis=0), rel=0.01)  # the model's own variance stays
    assert published.mean(axis=0) == pytest.approx(grown.mean(axis=0))


def test_a_count_that_carries_its_shift_is_left_alone():
    luck = np.random.default_rng(2)
    paths = {"demand": walk(luck, 0.1), "research": walk(luck, 0.2)}
    assert np.abs(uncarried(paths["research"] + 0.4, paths, "research")).max() < 1e-12


def test_one_member_alone_has_nothing_to_compare_with():
    path = {"demand": np.array([[0.1, 0.2]]), "research": np.array([[0.3, 0.4]])}
    assert uncarried(np.array([[0.5, 0.6]]), path, "demand").tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("own_sd", [0.02, 0.1, 0.4])
def test_a_count_without_a_channel_is_published_with_the_estimated_spread(own_sd):
    growth = made_up("rd_personnel", 0.2, drift_sd=0.1)
    own = walk(np.random.default_rng(3), own_sd)
    published = own + fitted(own, growth, growth, False, "Pinghu", seed=1)
    estimated = [growth.spread("Pinghu", step)[1] for step in (1, 2, 3)]
    assert published.std(axis=0) == pytest.approx(estimated, rel=0.02)


def test_what_the_model_says_of_a_wider_count_keeps_its_order():
    growth = made_up("rd_personnel", 0.1)
    own = walk(np.random.default_rng(4), 0.3)
    published = own + fitted(own, growth, growth, False, "Pinghu", seed=1)
    assert np.corrcoef(own[:, -1], published[:, -1])[0, 1] == pytest.approx(1.0)


@pytest.mark.parametrize("carried", [True, False])
def test_grants_begin_with_their_own_spread_and_go_on_with_that_of_their_applications(carried):
    grants, applications = made_up("patents_granted", 0.3), made_up("patents_applied", 0.2)
    # firms that carry the shocks of applications have them in their grants as well
    own = walk(np.random.default_rng(5), 0.2 if carried else 0.05)
    published = own + fitted(own, grants, applications, carried, "Pinghu", seed=1)
    departed = 0.3**2 - 0.2**2
    variances = [0.2**2 + departed, 2 * 0.2**2 + departed * (1 + GRANTS_KEPT**2)]
    assert published[:, :2].std(axis=0) == pytest.approx(np.sqrt(variances), rel=0.04)


def test_two_members_whose_shocks_are_nearly_the_same_are_not_driven_apart_by_them():
    shocks = np.array([[0.3] * YEARS, [0.3001] * YEARS])
    share = filling(np.zeros((2, YEARS)), shocks, np.full(YEARS, 0.2))
    assert share.tolist() == [MOST_FILLING] * YEARS


def test_filling_gives_just_the_asked_spread_also_where_both_move_together():
    luck = np.random.default_rng(6)
    own, shocks = walk(luck, 0.1), walk(luck, 0.2)
    for together in (-0.2, 0.0, 0.4):
        mixed = own + together * shocks
        sd = mixed.std(axis=0) + 0.1
        assert (mixed + filling(mixed, shocks, sd) * shocks).std(axis=0) == pytest.approx(sd)
    assert filling(own, shocks, own.std(axis=0) - 0.01).tolist() == [0.0] * YEARS


@pytest.mark.parametrize(("own_sd", "widened"), [(0.05, True), (0.6, False)])
def test_certifications_have_at_least_the_spread_of_the_reduced_form(make_world, own_sd, widened):
    growth = made_up("hnte_certifications", 0.2)
    renewals = tuple(ladder.draw_renewals(MEMBERS, np.random.default_rng(7)))
    world = make_world(END_2016, 2016, 12, renewals=renewals)
    own = walk(np.random.default_rng(8), own_sd)
    added = of_certifications(own, growth, world)
    known = np.array([world.ladder.expired, *world.ladder.cohorts[::-1]])
    flow = ladder.forecast(known, growth, "Pinghu", YEARS, np.array(renewals), world.seed).flow
    least = np.log(flow + 0.5).std(axis=0)
    if widened:
        assert (own + added).std(axis=0) == pytest.approx(least)
    else:
        assert not added.any()


@pytest.mark.parametrize(("own_sd", "widened"), [(0.05, True), (0.6, False)])
def test_new_technology_smes_have_at_least_their_spread_and_depart_as_certifications_do(own_sd, widened):
    listings, certifications = made_up("tech_sme_new", 0.3, 0.1), made_up("hnte_certifications", 0.2, 0.05)
    start = Anchor({}, {"hnte_certifications": certifications}, Ladder(1.0, 1.0, (1.0, 1.0, 1.0), 1.0, None), 1, ())
    own = walk(np.random.default_rng(9), own_sd)
    added = of_listings(own, listings, start, "Pinghu", seed=1)
    if widened:
        assert (own + added).std(axis=0) == pytest.approx(listings.spreads("Pinghu", YEARS)[1])
        together = departures(certifications, "Pinghu", MEMBERS, YEARS, seed=1)[:, -1]
        assert np.corrcoef(added[:, -1], together)[0, 1] == pytest.approx(1.0)
    else:
        assert not added.any()


def followed(counts):
    """The counts of the small county with firms and births of eight years to 2016 and with nobody's closings."""
    firms = [(("firms", str(2009 + n)), value) for n, value in enumerate([700, 760, 830, 900, 985, 1090, 1190, 1300])]
    births = [(("births", str(2009 + n)), value) for n, value in enumerate([120, 121, 119, 121, 120, 119, 121, 120])]
    rows = pd.DataFrame([(*name, value) for name, value in firms + births], columns=["target", "time", "value"])
    others = counts[~((counts["location"] == "Smallville") & counts["target"].isin(["firms", "births"]))]
    own = rows.assign(location="Smallville", unit="count", as_of="", source="made up")
    return pd.concat([others, own], ignore_index=True)


@pytest.fixture(scope="module")
def followed_outlook(make_job, look, few_counts):
    return look(make_job(members=80, counts=followed(few_counts)))


def test_certifications_whose_growth_is_borrowed_have_the_spread_that_is_borrowed_too(followed_outlook):
    outlook, target = followed_outlook, "hnte_certifications"
    growth = outlook.anchor.growth[target]
    assert growth.borrowed_from == "inventions_applied"
    published = np.log(outlook.baseline.yearly[target])
    borrowed = certified(growth, outlook.world, *published.shape)
    assert (published.std(axis=0) > 0.9 * borrowed.std(axis=0)).all()
    assert outlook.scaling.added["hnte_new"] == pytest.approx(outlook.scaling.added[target])


def test_firms_and_births_that_a_place_has_followed_are_published_with_the_growth_of_their_counts(followed_outlook):
    outlook = followed_outlook
    for target, last, drift in (("firms", 1300.0, 0.0885), ("births", 120.0, 0.0)):
        growth = outlook.anchor.growth[target]
        assert growth.drift[0] == pytest.approx(drift, abs=0.001)
        years = outlook.baseline.yearly[target].shape[1]
        trend, sd = growth.spreads("Smallville", years)
        logs = np.log(outlook.baseline.yearly[target] / last)
        assert np.median(logs, axis=0) == pytest.approx(trend, abs=0.015 + 0.2 * sd.max())
        assert logs.std(axis=0) == pytest.approx(sd, rel=0.4)
        quarters = outlook.baseline.quarterly[target]
        whole = quarters[:, -4:].sum(axis=1) if target == "births" else quarters[:, -1]
        assert whole == pytest.approx(outlook.baseline.yearly[target][:, -1])


def test_reporting_noise_is_in_the_estimated_spread_once(followed_outlook):
    outlook = followed_outlook
    noisy = replace(outlook.anchor.growth["births"], measurement_sd=0.15)
    start = replace(outlook.anchor, growth=outlook.anchor.growth | {"births": noisy})
    years = outlook.baseline.yearly["births"].shape[1]
    added = observation_layer(outlook.world, start, outlook.runs, outlook.paths, years)["births"]
    published = log_growth(outlook.world, outlook.runs, years)["births"] + added
    assert published.std(axis=0) == pytest.approx(noisy.spreads("Smallville", years)[1], rel=0.02)


def test_policies_move_counted_firms_as_they_move_the_models(followed_outlook, small_outlook):
    moved = [
        np.mean(np.log(each.scenario.yearly["firms"] / each.baseline.yearly["firms"])[:, -1])
        for each in (followed_outlook, small_outlook)
    ]
    assert moved[0] == pytest.approx(moved[1], abs=0.01)
    assert "firms" not in small_outlook.anchor.growth


def test_counted_firms_are_published_without_a_number_in_the_region_file(followed_outlook):
    world, start = followed_outlook.world, followed_outlook.anchor
    unknown = replace(world, region=replace(world.region, firms=None))
    assert {"firms", "births"} <= set(published_targets(start, unknown))
    assert not {"deaths", "employment"} & set(published_targets(start, unknown))
    assert {"deaths", "employment"} <= set(published_targets(start, world))


def test_a_single_count_of_firms_is_not_published_without_a_number_in_the_region_file(small_outlook):
    unknown = replace(small_outlook.world, region=replace(small_outlook.world.region, firms=None))
    assert "firms" in small_outlook.anchor.levels
    assert "firms" not in published_targets(small_outlook.anchor, unknown)


@pytest.mark.parametrize(("target", "sd"), [("firms", 0.04), ("births", 0.08)])
def test_firms_that_a_place_has_not_followed_have_prior_shocks_about_the_models_growth(target, sd):
    own = np.random.default_rng(3).normal(0.5, 0.001, (MEMBERS, YEARS))
    prior = unfollowed_growth(target, "Smallville", 2016, YEARS)
    shocks = departures(prior, "Smallville", MEMBERS, YEARS, seed=1)
    published = own + filling(own, shocks, prior.spreads("Smallville", YEARS)[1]) * shocks
    years = np.arange(1, YEARS + 1)
    assert published.std(axis=0) == pytest.approx(np.sqrt(years * sd**2 + (0.5 * 0.03 * years) ** 2), rel=0.01)
    assert np.median(published, axis=0) == pytest.approx([0.5] * YEARS, abs=0.01)


def test_a_run_gives_them_to_firms_that_were_counted_once(small_outlook):
    assert "firms" in small_outlook.anchor.levels
    assert "firms" not in small_outlook.anchor.growth
    added = small_outlook.scaling.added["firms"]
    shocks = departures(unfollowed_growth("firms", "Smallville", 2016, 2), "Smallville", len(added), 2, seed=2017)
    assert added.std(axis=0).min() > 0.005
    assert np.corrcoef(added[:, -1], shocks[:, -1])[0, 1] == pytest.approx(1.0)


@pytest.fixture(scope="module")
def first_year(make_world, make_run):
    """Published firms and scales, by target, of members whose firms grew by a tenth, from a level of firms."""
    members = 1500
    world = make_world(END_2016, 2016, 4, renewals=(0.8,) * members)
    runs = [make_run(4, before=700.0, start=700.0, firms=770.0, births=700.0, hnte_stock=100.0)] * members
    base = publish.base_values(world, runs)

    def published(*levels):
        anchor = Anchor(dict(levels), {}, world.ladder, 5200, ())
        factors = publish.scales(anchor, world, runs, base)
        shown = {name: factors[name] for name in ("firms", "hnte_stock")}
        return publish.publish(world, runs, base, shown, {}).yearly["firms"][:, 0], factors

    return published


def level_of(mean, log_sd):
    return Level(mean, log_sd, "inherited" if log_sd else "observed", "made up", "2016", "counts")


def test_firms_whose_level_was_carried_are_published_with_its_error_from_the_first_year_on(first_year):
    firms, _ = first_year(("firms", level_of(1300.0, 0.2)))
    assert np.log(firms).std() == pytest.approx(0.2, rel=0.05)
    assert np.median(firms) == pytest.approx(1300.0 * 1.1, rel=0.02)


def test_firms_that_were_counted_in_the_last_year_are_published_from_just_that_count(first_year):
    firms, factors = first_year(("firms", level_of(1300.0, 0.0)))
    assert (factors["firms"] == 1300.0 / 700.0).all()
    assert (firms == 770.0 * (1300.0 / 700.0)).all()


def test_errors_of_carried_levels_are_each_counts_own_and_move_no_other(first_year):
    patents = ("patents_applied", level_of(300.0, 0.4))
    _, sure = first_year(("firms", level_of(1300.0, 0.0)), ("births", level_of(90.0, 0.0)), patents)
    _, unsure = first_year(("firms", level_of(1300.0, 0.2)), ("births", level_of(90.0, 0.2)), patents)
    assert {name for name in sure if (sure[name] != unsure[name]).any()} == {"firms", "births"}
    logs = np.log([unsure[name] for name in ("firms", "births", "patents_applied")])
    assert np.abs(np.corrcoef(logs) - np.eye(3)).max() < 0.1

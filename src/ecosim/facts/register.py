"""The register of stylised facts: what each says, the band in which the model should lie, and where it is from."""

from typing import NamedTuple

INFINITY = float("inf")
VALIDATION, CALIBRATION = "validation", "calibration check"


class Fact(NamedTuple):
    """One measure of a stylised fact; a fact fails where one of its measures does.

    kind: `calibration check` where a coefficient was set with the fact in view or is the fact itself, `validation`
    where nothing was. basis: what the model has from the fact, or that it has nothing.
    """

    fact: str  # M1 to M16
    measure: str  # key of the measured value
    name: str
    lower: float
    upper: float
    kind: str
    basis: str
    source: str
    why: str = ""  # the reason found, said where it fails

    @property
    def target(self) -> str:
        """The band in words."""
        low, high = f"{self.lower:g}", f"{self.upper:g}"
        return f"above {low}" if self.upper == INFINITY else f"below {high}" if self.lower == -INFINITY else f"{low} to {high}"


FACTS = (
    Fact("M1", "size_tail", "size tail: Hill exponent of the largest 5 % of firms", 0.9, 1.15, CALIBRATION,
         "growth.mean is set so that the tail stays near Zipf's law",
         "Axtell (2001), doi:10.1126/science.1062081: 1.06; Kondo, Lewis and Stella (2018), FEDS 2018-075: below 1"),
    Fact("M2", "growth_shape", "shape of annual growth: Subbotin exponent, 1 is Laplace", 0.8, 1.2, CALIBRATION,
         "the luck of growth is drawn from a Laplace law",
         "Bottazzi and Secchi (2002), LEM 2002-20; Chinese firms: Zou (2019)"),
    Fact("M3", "size_variance", "slope of ln spread of growth on ln size", -0.20, -0.14, CALIBRATION,
         "growth.log_size is this slope", "Stanley et al. (1996), doi:10.1038/379804a0, and later US data"),
    Fact("M4", "exit_by_age", "closing hazards by age: furthest from the Chinese register, percentage points", 0.0, 1.0, CALIBRATION,
         "the register's hazards are the intercepts of exit, for a firm of 10 employees and mean productivity",
         "State Administration for Industry and Commerce (2013): 1.6, 6.3, 9.5 and at least 8 % a year at ages 0, 1, 2 and 3 to 6"),
    Fact("M4", "exit_peak", "closing hazard of the third year over the highest of other ages", 1.0, INFINITY, CALIBRATION,
         "the order of the intercepts of exit", "same report: the third year is the most dangerous"),
    Fact("M5", "entry_rate", "births over firms, a year", 0.06, 0.12, CALIBRATION,
         "entry.local and entry.outside are rates of entry", "Brandt, Van Biesebroeck and Zhang (2012), unverified"),
    Fact("M6", "performers", "share of firms that perform R&D", 0.25, 0.35, CALIBRATION,
         "participation.start and stop are set with it in view", "about 30 %; assumption of the design, to be replaced by a local survey"),
    Fact("M6", "performers_large", "the same, 50 employees and more", 0.60, INFINITY, CALIBRATION,
         "participation.start_log_size is set with it in view", "Bound et al. (1984): 60 % of large firms report R&D"),
    Fact("M6", "performers_rise", "smallest step of that share between six classes of size", 0.0, INFINITY, CALIBRATION,
         "the sign of participation.start_log_size", "Bound et al. (1984)"),
    Fact("M7", "intensity_spread", "standard deviation of ln R&D intensity", 0.8, 1.2, CALIBRATION,
         "intensity.ambition is this spread but for notch and prices", "Cohen and Klepper (1992), unverified"),
    Fact("M7", "intensity_skew", "skewness of R&D intensity", 0.0, INFINITY, CALIBRATION,
         "intensity is lognormal before the notch", "same"),
    Fact("M7", "intensity_size", "slope of ln R&D intensity on ln employees", -0.1, 0.1, CALIBRATION,
         "intensity.log_size is this slope but for notch and prices", "Bound et al. (1984): R&D is about proportional to sales"),
    Fact("M8", "patents_top", "share of patents with the top tenth of applicants", 0.5, INFINITY, VALIDATION,
         "none", "Scherer (1998), unverified"),
    Fact("M8", "patents_tail", "exponent of the density of patents by applicant", 1.66, 2.6, VALIDATION,
         "none", "O'Neale and Hendy (2012), doi:10.1371/journal.pone.0049501: 1.66 (Japan) to 2.37 (Poland)"),
    Fact("M9", "patents_elasticity", "elasticity of patents to R&D, negative binomial", 0.5, 0.7, CALIBRATION,
         "innovation.log_knowledge is the elasticity to R&D capital", "Hausman, Hall and Griliches (1984), doi:10.2307/1911191"),
    Fact("M9", "patents_dispersion", "overdispersion of patents given R&D", 0.0, INFINITY, CALIBRATION,
         "arrivals are drawn negative binomial", "same"),
    Fact("M10", "bunching", "firms just above the required R&D ratio over those just below, least of three bands", 1.5, INFINITY,
         CALIBRATION, "notch.application_cost and inert are set with it in view",
         "Chen, Liu, Suarez Serrato and Xu (2021), doi:10.1257/aer.20191758, qualitative"),
    Fact("M10", "placebo", "the same at ratios that nobody asks for, largest of six", -INFINITY, 1.5, VALIDATION,
         "none", "same"),
    Fact("M11", "relabeled", "relabeled share of the R&D that firms at the notch report", 0.222, 0.262, CALIBRATION,
         "notch.relabeled is set to it", "same: 24.2 %; the band of two points either way is ours"),
    Fact("M12", "research_productivity", "elasticity of ln sales per worker to R&D capital, within firms", 0.09, 0.124, CALIBRATION,
         "productivity.knowledge is this elasticity", "same: doubling R&D raises productivity by 9 %; 9.8 % in the draft of 2018"),
    Fact("M13", "adoption_fit", "share of firms with a certificate, 2008 to 2022: R squared of a logistic curve", 0.98, 1.0, VALIDATION,
         "none; awareness spreads by Bass's rates of consumer durables", "Griliches (1957), doi:10.2307/1905380; Bass (1969)"),
    Fact("M13", "adoption_turn", "where its inflection lies, 0 first and 1 last quarter", 0.0, 1.0, VALIDATION, "none", "same"),
    Fact("M14", "productivity_gap", "90th less 10th percentile of ln sales per worker within a sector", 1.3, 2.0, CALIBRATION,
         "entry.productivity_spread is set with it in view", "Syverson (2011), doi:10.1257/jel.49.2.326; Hsieh and Klenow (2009), unverified"),
    Fact("M15", "growth_explained", "share of the variance of growth that changes of ln sales per worker explain", 0.15, 0.20, CALIBRATION,
         "growth.productivity_change is set to it", "Yu, Dosi, Grazzi and Lei (2015), LEM 2015-03, Chinese firms: 15 to 20 %"),
    Fact("M16", "net_entry", "share of net entry in productivity growth of nine years of high growth", 2 / 3, INFINITY, VALIDATION,
         "none", "Brandt, Van Biesebroeck and Zhang (2012), doi:10.1016/j.jdeveco.2011.02.002: over two thirds, China 1998 to 2007"),
)  # fmt: skip

REPORTED = {
    "pareto_lognormal": ("M1", "Vuong statistic of Pareto against lognormal above that threshold, positive favors Pareto"),
    "hazard_1": ("M4", "closing hazard of the first year"),
    "hazard_2": ("M4", "closing hazard of the second year"),
    "hazard_3": ("M4", "closing hazard of the third year"),
    "hazard_4": ("M4", "closing hazard of the fourth to seventh year, a year"),
    "hazard_8": ("M4", "closing hazard from the eighth year on, a year"),
    "high_growth": ("M16", "growth of ln sales per worker, weighted by employees, over nine years of high growth"),
    "entrants_employment": ("M16", "share of employment that the firms founded in them hold at their end"),
    "entrants_behind": ("M16", "ln sales per worker of those firms less that of survivors, weighted by employees"),
}  # measured beside the facts, without a target

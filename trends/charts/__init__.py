"""The course of a treatment as SVG, in one large chart and in one small enough for a list.

Plain strings from plain numbers: no template, no database, no colours. `static/css/chart.css`
draws these classes with the tokens of the theme, so that one chart serves light, dark and print:

    .chart           the large chart            .chart-spark    the small one
    .chart-grid      lines of the scale         .chart-label    numbers of scale and sessions
    .chart-band      where ratings usually fall .chart-line     between ratings of two sessions
    .chart-level     the person's own level
    .chart-gap       dotted, over missing ones  .chart-missing  ring on the axis: no rating
    .chart-dot       a rating                   .chart-flag     a rating with a possible rupture
    .chart-word      "no rating"                .chart-alarm    "possible rupture"
    .chart-therapist       the therapist's rating .chart-therapist-line between those, dashed
    .chart-seen      on .chart-flag: somebody has looked at it
    .chart-open      on a dot or a flag: not filled    .chart-key   a mark beside its words
    .chart-alone     in .chart-spark: ratings between two gaps
    .chart-some, .chart-many   on .chart: more sessions than large dots have room for
    .chart-minor     left out on narrow screens

The large chart has no viewBox: positions across are percentages and positions down are pixels, so
text and dots keep their size at every width. Only the paths live in an inner, stretched one.
"""

from .course import course_svg
from .frame import Mark
from .shapes import THERAPIST, shape_svg
from .sparkline import sparkline_svg
from .words import ChartWords

__all__ = ["THERAPIST", "ChartWords", "Mark", "course_svg", "shape_svg", "sparkline_svg"]

"""그림: 갱신 경로, 히스토그램, 학습 곡선, 계산 그래프. matplotlib이 필요하다.

Figures (the extra ``viz``: matplotlib): paths of optimisers, histograms, curves, graphs.
"""

from tinygrad_kr.viz.classification import confusion_matrix as confusion_matrix
from tinygrad_kr.viz.classification import misses as misses
from tinygrad_kr.viz.curves import curves as curves
from tinygrad_kr.viz.histograms import activation_histograms as activation_histograms
from tinygrad_kr.viz.histograms import gradient_histograms as gradient_histograms
from tinygrad_kr.viz.style import hangul_font as hangul_font
from tinygrad_kr.viz.style import say as say
from tinygrad_kr.viz.style import style as style
from tinygrad_kr.viz.style import use_style as use_style
from tinygrad_kr.viz.surface import contour as contour
from tinygrad_kr.viz.surface import gradient_field as gradient_field
from tinygrad_kr.viz.surface import paths as paths

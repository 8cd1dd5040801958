"""그림: 갱신 경로, 히스토그램, 학습 곡선, 계산 그래프. 계산 그래프 말고는 matplotlib이 필요하다.

Figures (the extra ``viz``: matplotlib): paths of optimisers, histograms, curves, what a classifier
got wrong; and the computational graph, which needs nothing. A function draws on the ``ax`` or
``fig`` that it is given, or on a new pyplot figure, and changes no global setting.
"""

from tinygrad_kr.viz.classification import confusion_matrix as confusion_matrix
from tinygrad_kr.viz.classification import misses as misses
from tinygrad_kr.viz.curves import curves as curves
from tinygrad_kr.viz.graph import Graph as Graph
from tinygrad_kr.viz.graph import graph as graph
from tinygrad_kr.viz.histograms import activation_histograms as activation_histograms
from tinygrad_kr.viz.histograms import gradient_histograms as gradient_histograms
from tinygrad_kr.viz.style import hangul_font as hangul_font
from tinygrad_kr.viz.style import say as say
from tinygrad_kr.viz.style import style as style
from tinygrad_kr.viz.style import use_style as use_style
from tinygrad_kr.viz.surface import contour as contour
from tinygrad_kr.viz.surface import gradient_field as gradient_field
from tinygrad_kr.viz.surface import paths as paths
from tinygrad_kr.viz.trials import trials as trials

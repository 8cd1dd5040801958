"""Tensor의 메서드: 연산의 갈래마다 믹스인 하나.

The methods of a Tensor, one mixin class an op family; each method is a line that names its op.
"""

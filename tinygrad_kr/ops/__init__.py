"""연산: ndarray와 텐서에 두루 쓰는 함수들.

The operations, functions of ndarrays and Tensors alike. One record an op, a file a family.
"""

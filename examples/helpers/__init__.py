"""예제의 조수들: 명령줄, 체크포인트, 그림.

What the examples need beside the learning itself: the command line, checkpoints, figures.
"""

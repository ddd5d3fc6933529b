"""The resources of a CloudFormation template, drawn: a box for each type, an arrow where one type refers to another.

    >>> from walkthrough import graph
    >>> graph.draw({"Resources": {"Send": {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Ref": "May"}}},
    ...                           "May": {"Type": "AWS::IAM::Role"}}})
    Function (Lambda): Send; refers to Role
    Role (IAM): May

The picture has the course's style; its text is the same graph in words.
"""

from walkthrough.graph.drawing import draw
from walkthrough.graph.model import Graph, Group, graph_of, references

__all__ = ["Graph", "Group", "draw", "graph_of", "references"]

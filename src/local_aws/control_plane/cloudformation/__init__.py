"""CloudFormation in place of moto's: stacks made, changed, rolled back and removed, and their change sets.

``patches`` and ``queries`` may import it; nobody outside ``control_plane`` does. moto still evaluates functions such as
``Fn::Sub`` and ``Fn::GetAtt``.
"""

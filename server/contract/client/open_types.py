"""A plugin of ariadne-codegen: where the contract answers with an interface, the client takes any type.

The tool writes all types that it knows into the class of an interface, which refuses an answer with another.
Here that class takes the name of any type. Where a selection has fragments on some types there is a class for
each, which only its own name chooses: an object of a known type never passes for less than it is.
"""

import ast
from collections.abc import Mapping

from ariadne_codegen.plugins.base import Plugin
from graphql import ExecutableDefinitionNode, FragmentDefinitionNode, is_abstract_type

_TYPENAME = "typename__"


class OpenTypes(Plugin):  # type: ignore[misc]  # its library is in the code generator's environment
    """Opens the modules of results and of fragments."""

    def generate_result_types_module(
        self, module: ast.Module, operation_definition: ExecutableDefinitionNode
    ) -> ast.Module:
        return self._opened(module)

    def generate_fragments_module(
        self, module: ast.Module, fragments_definitions: dict[str, FragmentDefinitionNode]
    ) -> ast.Module:
        return self._opened(module)

    def _opened(self, module: ast.Module) -> ast.Module:
        # The tool writes strings as names with quotes: read again, they are strings.
        module = ast.parse(ast.unparse(module))
        names = {
            part.name: names
            for part in module.body
            if isinstance(part, ast.ClassDef)
            and (names := [name for field in _typename(part) for name in _strings(field.annotation)])
        }
        interfaces = {
            class_: name
            for class_, known in names.items()
            for name in known
            if is_abstract_type(self.schema.type_map[name])
        }
        if not interfaces:
            return module
        module = _Opening(names, interfaces).visit(module)
        module.body = [
            ast.ImportFrom("pydantic", [ast.alias("Tag")], 0),
            ast.ImportFrom("open_type", [ast.alias("by_typename")], 1),
            *module.body,
        ]
        return ast.fix_missing_locations(module)


class _Opening(ast.NodeTransformer):
    """`names`: the types that each class is for; `interfaces`: whose interface a class is."""

    def __init__(self, names: Mapping[str, list[str]], interfaces: Mapping[str, str]) -> None:
        self._names = names
        self._interfaces = interfaces

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if node.name in self._interfaces:
            for part in _typename(node):
                part.annotation = ast.Name("str")
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if self._has_interface(node.annotation):
            node.annotation = self.visit(node.annotation)
            # Who chooses among the classes now stands beside them.
            if isinstance(node.value, ast.Call):
                node.value.keywords = [word for word in node.value.keywords if word.arg != "discriminator"]
                if not node.value.keywords and not node.value.args:
                    node.value = None
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        match node:
            case ast.Subscript(
                ast.Name("Annotated"), ast.Tuple([ast.Subscript(ast.Name("Union")) as union, _])
            ):
                # What chooses among its classes goes; where none is an interface's, nothing is changed.
                return self.visit_Subscript(union) if self._has_interface(union) else node
            case ast.Subscript(ast.Name("Union"), ast.Tuple(members)) if self._has_interface(node):
                return self._chosen([name for member in members for name in _strings(member)])
        return self.generic_visit(node)

    def _has_interface(self, annotation: ast.AST) -> bool:
        return any(name in self._interfaces for name in _strings(annotation))

    def _chosen(self, classes: list[str]) -> ast.expr:
        """`Annotated[Union[Annotated["OneProperty", Tag("Property")], …], by_typename("Node", …)]`."""
        tags = {class_: self._interfaces.get(class_) or self._names[class_][0] for class_ in classes}
        tagged = ", ".join(f"Annotated[{class_!r}, Tag({tag!r})]" for class_, tag in tags.items())
        order = sorted(tags, key=lambda class_: class_ not in self._interfaces)
        chosen = ", ".join(repr(tags[class_]) for class_ in order)
        return ast.parse(f"Annotated[Union[{tagged}], by_typename({chosen})]", mode="eval").body


def _typename(class_: ast.ClassDef) -> list[ast.AnnAssign]:
    """The field by which a class knows itself, where it has one."""
    fields = (part for part in class_.body if isinstance(part, ast.AnnAssign))
    return [part for part in fields if isinstance(part.target, ast.Name) and part.target.id == _TYPENAME]


def _strings(node: ast.AST) -> list[str]:
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]

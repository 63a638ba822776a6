"""A plugin of ariadne-codegen: every enum of the client is an `OpenEnum`."""

import ast

from ariadne_codegen.plugins.base import Plugin
from graphql import GraphQLEnumType


class OpenEnums(Plugin):  # type: ignore[misc]  # its library is in the code generator's environment
    """Gives the enum classes another base, and their module its import."""

    def generate_enum(self, class_def: ast.ClassDef, enum_type: GraphQLEnumType) -> ast.ClassDef:
        class_def.bases = [ast.Name("OpenEnum")]
        return class_def

    def generate_enums_module(self, module: ast.Module) -> ast.Module:
        module.body = [
            ast.ImportFrom("open_enum", [ast.alias("OpenEnum")], 1),
            *(part for part in module.body if not isinstance(part, ast.ImportFrom)),
        ]
        return module

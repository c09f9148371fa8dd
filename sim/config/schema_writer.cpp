// SPDX-License-Identifier: Apache-2.0
#include "sim/config/schema_writer.h"

#include <nlohmann/json.hpp>

namespace handset {

namespace {

using Json = nlohmann::ordered_json;

Json type_schema(const TypeInfo& type, SchemaUse use);

Json include_schema() {
    return {{"$ref", "#/$defs/include"}};
}

/// Once, because every map refers to it.
Json definitions() {
    return {{"include",
             {{"description", "file or files whose keys this map starts from"},
              {"type", Json::array({"string", "array"})},
              {"items", {{"type", "string"}}}}}};
}

/// "18 ns": digits, then one of the units, which hold no character with a meaning in patterns but '/'.
std::string quantity_pattern(const UnitFamily& family) {
    std::string units;
    for (const Unit& unit : family.units) {
        units += (units.empty() ? "" : "|") + std::string(unit.name);
    }
    return "^[0-9]+([.][0-9]+)?[ \\t]*(" + units + ")$";
}

Json default_value(const FieldInfo& field) {
    switch (field.type.kind) {
        case TypeInfo::Kind::boolean:
        case TypeInfo::Kind::integer:
        case TypeInfo::Kind::number:
            return Json::parse(field.fallback);
        case TypeInfo::Kind::quantity:
        case TypeInfo::Kind::enumeration:
            return field.fallback;
        default:
            return nullptr;
    }
}

Json field_schema(const FieldInfo& field, SchemaUse use) {
    Json schema = type_schema(field.type, use);
    std::string description = field.doc;
    const bool number = field.type.kind == TypeInfo::Kind::integer || field.type.kind == TypeInfo::Kind::number;
    const auto bound = [&](const std::string& value, const char* key, std::string_view words) {
        if (!value.empty() && number) {
            schema[key] = Json::parse(value);
        } else if (!value.empty()) {
            description += (description.empty() ? "" : ", ") + std::string(words) + value;
        }
    };
    bound(field.min, "minimum", "at least ");
    bound(field.max, "maximum", "at most ");
    if (!description.empty()) {
        schema["description"] = description;
    }
    if (!field.fallback.empty()) {
        const Json value = default_value(field);
        if (!value.is_null()) {
            schema["default"] = value;
        }
    }
    return schema;
}

/// One map with the given fields; `kind` fixes the key that selects them. One of a part requires no key.
Json map_schema(const std::vector<const std::vector<FieldInfo>*>& groups, const std::string& kind_key,
                const std::string& kind, SchemaUse use) {
    Json properties = Json::object();
    Json required = Json::array();
    if (!kind_key.empty()) {
        properties[kind_key] = {{"const", kind}};
        required.push_back(kind_key);
    }
    for (const std::vector<FieldInfo>* group : groups) {
        for (const FieldInfo& field : *group) {
            properties[field.name] = field_schema(field, use);
            if (field.required) {
                required.push_back(field.name);
            }
        }
    }
    properties["include"] = include_schema();
    Json schema{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty() && use != SchemaUse::part) {
        schema["anyOf"] = Json::array({{{"required", std::move(required)}}, {{"required", {"include"}}}});
    }
    return schema;
}

Json structure_schema(const TypeInfo& type, SchemaUse use) {
    if (type.kind_key.empty()) {
        return map_schema({&type.fields}, "", "", use);
    }
    Json kinds = Json::array();
    for (const KindInfo& kind : type.kinds) {
        Json schema = map_schema({&type.fields, &kind.fields}, type.kind_key, kind.name, use);
        schema["description"] = kind.doc;
        kinds.push_back(std::move(schema));
    }
    return {{"description", type.kind_doc}, {"anyOf", std::move(kinds)}};
}

Json list_schema(const TypeInfo& element, SchemaUse use) {
    if (use != SchemaUse::shorthand) {
        return {{"type", "array"}, {"items", type_schema(element, use)}};
    }
    if (element.kind == TypeInfo::Kind::text) {
        return {{"type", Json::array({"array", "string", "number", "boolean"})}};
    }
    Json item = type_schema(element, use);
    Json list{{"type", "array"}, {"items", item}};
    return {{"anyOf", Json::array({std::move(list), std::move(item)})}};
}

Json name_map_schema(const TypeInfo& element, SchemaUse use) {
    if (use == SchemaUse::shorthand && element.kind == TypeInfo::Kind::text) {
        return {{"type", Json::array({"object", "array"})}, {"items", {{"type", "string"}, {"pattern", "="}}}};
    }
    return {{"type", "object"},
            {"properties", {{"include", include_schema()}}},
            {"additionalProperties", type_schema(element, use)}};
}

Json type_schema(const TypeInfo& type, SchemaUse use) {
    switch (type.kind) {
        case TypeInfo::Kind::boolean:
            return {{"type", "boolean"}};
        case TypeInfo::Kind::integer:
            return {{"type", "integer"}};
        case TypeInfo::Kind::number:
            return {{"type", "number"}};
        case TypeInfo::Kind::text:
            // Any scalar is text to the reader; an editor sees a number in `name: 8`.
            return {{"type", {"string", "number", "boolean"}}};
        case TypeInfo::Kind::path:
            return {{"type", "string"}};
        case TypeInfo::Kind::quantity:
            return {{"type", "string"}, {"pattern", quantity_pattern(*type.units)}};
        case TypeInfo::Kind::enumeration:
            return {{"enum", type.names}};
        case TypeInfo::Kind::list:
            return list_schema(type.element.front(), use);
        case TypeInfo::Kind::map:
            return name_map_schema(type.element.front(), use);
        case TypeInfo::Kind::structure:
            break;
    }
    return structure_schema(type, use);
}

}  // namespace

std::string write_schema(const TypeInfo& type, std::string_view title, SchemaUse use) {
    Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
    schema.update(type_schema(type, use));
    schema["$defs"] = definitions();
    return schema.dump(2) + "\n";
}

}  // namespace handset

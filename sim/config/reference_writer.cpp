// SPDX-License-Identifier: Apache-2.0
#include "sim/config/reference_writer.h"

namespace handset {

namespace {

constexpr std::string_view kTableHead = "| Key | Type | Default | Range | Meaning |\n|---|---|---|---|---|\n";

std::string type_text(const TypeInfo& type);

/// A pipe would end the table cell.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') {
            out += '\\';
        }
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

std::string code(std::string_view text) {
    return "`" + cell(text) + "`";
}

std::string enumeration_text(const TypeInfo& type) {
    std::string out;
    for (const std::string& name : type.names) {
        out += (out.empty() ? "" : ", ") + code(name);
    }
    return out;
}

std::string type_text(const TypeInfo& type) {
    switch (type.kind) {
        case TypeInfo::Kind::boolean:
            return "`true`, `false`";
        case TypeInfo::Kind::integer:
            return "integer";
        case TypeInfo::Kind::number:
            return "number";
        case TypeInfo::Kind::text:
            return "text";
        case TypeInfo::Kind::path:
            return "file";
        case TypeInfo::Kind::quantity:
            return std::string(type.units->what) + " (" + unit_names(*type.units) + ")";
        case TypeInfo::Kind::enumeration:
            return enumeration_text(type);
        case TypeInfo::Kind::list:
            return "list of " + type_text(type.element.front());
        case TypeInfo::Kind::map:
            return "map of name to " + type_text(type.element.front());
        case TypeInfo::Kind::structure:
            break;
    }
    return "map";
}

std::string range_text(const FieldInfo& field) {
    if (!field.min.empty() && !field.max.empty()) {
        return field.min + " to " + field.max;
    }
    if (!field.min.empty()) {
        return "at least " + field.min;
    }
    return field.max.empty() ? "" : "at most " + field.max;
}

std::string default_text(const FieldInfo& field) {
    if (field.required) {
        return "required";
    }
    if (!field.fallback.empty() && field.fallback.find('\n') == std::string::npos) {
        return code(field.fallback);
    }
    return "optional";
}

class Reference {
  public:
    void structure(const TypeInfo& type, const std::string& prefix) {
        table_ += rows(type.fields, prefix);
        if (type.kind_key.empty()) {
            return;
        }
        std::string names;
        for (const KindInfo& kind : type.kinds) {
            names += (names.empty() ? "" : ", ") + code(kind.name);
        }
        table_ +=
            "| " + code(prefix + type.kind_key) + " | " + names + " | required |  | " + cell(type.kind_doc) + " |\n";
        for (const KindInfo& kind : type.kinds) {
            const std::string place = prefix.empty() ? "" : "`" + prefix.substr(0, prefix.size() - 1) + "` with ";
            std::string section = "\n### " + place + "`" + type.kind_key + ": " + kind.name + "`\n\n";
            section += kind.doc.empty() ? "" : kind.doc + "\n\n";
            sections_ += section + std::string(kTableHead) + rows(kind.fields, prefix);
        }
    }

    [[nodiscard]] std::string text() const { return std::string(kTableHead) + table_ + sections_; }

  private:
    std::string rows(const std::vector<FieldInfo>& fields, const std::string& prefix) {
        std::string out;
        for (const FieldInfo& field : fields) {
            out += "| " + code(prefix + field.name) + " | " + type_text(field.type) + " | " + default_text(field) +
                   " | " + range_text(field) + " | " + cell(field.doc) + " |\n";
            out += below(field.type, prefix + field.name);
        }
        return out;
    }

    /// The rows of what a field contains, kept behind the field's own row.
    std::string below(const TypeInfo& type, const std::string& path) {
        switch (type.kind) {
            case TypeInfo::Kind::list:
                return below(type.element.front(), path + ".N");
            case TypeInfo::Kind::map:
                return below(type.element.front(), path + ".NAME");
            case TypeInfo::Kind::structure: {
                Reference nested;
                nested.structure(type, path + ".");
                sections_ += nested.sections_;
                return nested.table_;
            }
            default:
                return "";
        }
    }

    std::string table_;
    std::string sections_;
};

}  // namespace

std::string write_reference(const TypeInfo& type, std::string_view title) {
    Reference reference;
    reference.structure(type, "");
    return "## " + std::string(title) + "\n\n" + reference.text();
}

}  // namespace handset

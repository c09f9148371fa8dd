// SPDX-License-Identifier: Apache-2.0
#include "sim/config/yaml_document.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <system_error>
#include <utility>

#include "sim/base/text.h"
#include "sim/config/yaml_builder.h"

namespace handset {

namespace {

constexpr std::string_view kInclude = "include";

std::string extend(std::string path, std::string_view name) {
    path += path.empty() ? "" : ".";
    return path.append(name);
}

/// Keys of `over` replace those of `base`, maps inside maps are merged. The result stands where `over` was written.
Node merge(Node base, Node over) {
    if (base.kind != Node::Kind::map || over.kind != Node::Kind::map) {
        return over;
    }
    std::map<std::string, std::size_t, std::less<>> index;
    for (std::size_t i = 0; i < base.children.size(); ++i) {
        index.emplace(base.children[i].key, i);
    }
    for (Node& child : over.children) {
        const auto found = index.find(child.key);
        if (found == index.end()) {
            base.children.push_back(std::move(child));
        } else {
            Node& slot = base.children[found->second];
            slot = merge(std::move(slot), std::move(child));
        }
    }
    over.children = std::move(base.children);
    return over;
}

/// Loads one document with everything it includes and keeps the limits across all of it.
class Loader {
  public:
    explicit Loader(Errors& errors) : errors_(errors) {}

    std::optional<Node> load_file(const std::filesystem::path& file, const SourceLocation& from,
                                  const std::string& path) {
        std::error_code code;
        std::filesystem::path canonical = std::filesystem::weakly_canonical(file, code);
        if (code) {
            canonical = file;
        }
        const auto fail = [&](const std::string& reason) {
            errors_.add(from, path, reason);
            return std::nullopt;
        };
        if (std::find(open_.begin(), open_.end(), canonical) != open_.end()) {
            return fail("'" + file.generic_string() + "' includes itself");
        }
        if (open_.size() == kMaxIncludeDepth || ++files_ > kMaxIncludes) {
            return fail("too many includes");
        }
        if (std::filesystem::is_directory(file, code)) {
            return fail("'" + file.generic_string() + "' is a directory, expected a file");
        }
        if (!std::filesystem::is_regular_file(file, code)) {
            return fail("there is no file '" + file.generic_string() + "'");
        }
        const std::uintmax_t size = std::filesystem::file_size(file, code);
        if (code || size > kMaxYamlBytes) {
            return fail("'" + file.generic_string() + "' is larger than " + std::to_string(kMaxYamlBytes >> 20) +
                        " MiB");
        }
        std::ifstream stream(file, std::ios::binary);
        std::ostringstream text;
        text << stream.rdbuf();
        if (!stream) {
            return fail("'" + file.generic_string() + "' cannot be read");
        }
        open_.push_back(canonical);
        std::optional<Node> root = load_text(text.str(), {file.generic_string(), file.parent_path()});
        open_.pop_back();
        return root;
    }

    std::optional<Node> load_text(std::string_view text, const YamlSource& source) {
        std::optional<Node> root =
            detail::build_tree(text, std::make_shared<const YamlSource>(source), node_budget_, errors_);
        return root && resolve(*root, "") ? std::move(root) : std::nullopt;
    }

  private:
    /// Replaces every `include` below `node`; false when one failed.
    bool resolve(Node& node, const std::string& path) {
        bool complete = true;
        for (std::size_t i = 0; i < node.children.size(); ++i) {
            Node& child = node.children[i];
            if (node.kind != Node::Kind::map || child.key != kInclude) {
                const std::string name = node.kind == Node::Kind::map ? child.key : std::to_string(i);
                complete = resolve(child, extend(path, name)) && complete;
            }
        }
        const auto include = std::find_if(node.children.begin(), node.children.end(),
                                          [](const Node& child) { return child.key == kInclude; });
        if (include == node.children.end()) {
            return complete;
        }
        Node files = std::move(*include);
        node.children.erase(include);
        std::optional<Node> base = load_includes(files, path);
        if (!base) {
            return false;
        }
        Node own = std::move(node);
        node = merge(std::move(*base), std::move(own));
        return complete;
    }

    std::optional<Node> load_includes(const Node& files, const std::string& path) {
        const std::string where = extend(path, kInclude);
        const std::span<const Node> list =
            files.kind == Node::Kind::list ? std::span<const Node>(files.children) : std::span<const Node>(&files, 1);
        Node merged;
        merged.kind = Node::Kind::map;
        bool complete = true;
        for (const Node& file : list) {
            if (file.kind != Node::Kind::scalar) {
                errors_.add(file.location(), where, "expected a file or a list of files, got " + describe_node(file));
                complete = false;
                continue;
            }
            std::optional<Node> part = load_file(file.source->directory / file.scalar, file.location(), where);
            if (part && part->kind != Node::Kind::map) {
                errors_.add(file.location(), where, "'" + file.scalar + "' does not hold a map");
                part.reset();
            }
            complete = complete && part.has_value();
            if (part) {
                merged = merge(std::move(merged), std::move(*part));
            }
        }
        return complete ? std::optional(std::move(merged)) : std::nullopt;
    }

    Errors& errors_;
    std::vector<std::filesystem::path> open_;
    std::size_t files_ = 0;
    std::size_t node_budget_ = kMaxYamlNodes;
};

std::optional<std::size_t> list_index(const Node& list, std::string_view part) {
    std::size_t index = 0;
    const auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), index);
    const bool whole = error == std::errc{} && stop == part.data() + part.size();
    return whole && index < list.children.size() ? std::optional(index) : std::nullopt;
}

/// Lines and columns inside an override mean nothing to the user; its text is its location.
void forget_positions(Node& node) {
    node.position = {};
    node.key_position = {};
    for (Node& child : node.children) {
        forget_positions(child);
    }
}

/// The child that one part of an override path names, created when a map lacks it.
Node* step(Node& node, const std::string& part, const Node& value, std::string& reason) {
    if (node.kind == Node::Kind::null) {
        node.kind = Node::Kind::map;
    }
    if (node.kind == Node::Kind::scalar) {
        reason = "is a single value, not a map or list";
        return nullptr;
    }
    if (node.kind == Node::Kind::list) {
        const std::optional<std::size_t> index = list_index(node, part);
        if (!index) {
            reason =
                "is a list of " + std::to_string(node.children.size()) + ", '" + part + "' is not one of its indices";
            return nullptr;
        }
        return &node.children[*index];
    }
    for (Node& child : node.children) {
        if (child.key == part) {
            return &child;
        }
    }
    Node& made = node.children.emplace_back();
    made.key = part;
    made.source = value.source;
    return &made;
}

}  // namespace

const Node* Node::find(std::string_view name) const {
    for (const Node& child : children) {
        if (kind == Kind::map && child.key == name) {
            return &child;
        }
    }
    return nullptr;
}

const Node* Node::at(std::string_view part) const {
    if (kind != Kind::list) {
        return find(part);
    }
    const std::optional<std::size_t> index = list_index(*this, part);
    return index ? &children[*index] : nullptr;
}

SourceLocation Node::location() const {
    // An empty value has no place of its own: yaml-cpp marks the token behind it.
    const YamlPosition at = kind == Kind::null && key_position.line > 0 ? key_position : position;
    return {source ? source->name : "", at.line, at.column};
}

SourceLocation Node::key_location() const {
    return {source ? source->name : "", key_position.line, key_position.column};
}

std::string describe_node(const Node& node) {
    switch (node.kind) {
        case Node::Kind::null:
            return "nothing";
        case Node::Kind::list:
            return "a list";
        case Node::Kind::map:
            return "a map";
        case Node::Kind::scalar:
            break;
    }
    return "'" + node.scalar + "'";
}

std::optional<Node> load_yaml(const std::filesystem::path& file, Errors& errors) {
    return Loader(errors).load_file(file, {}, "");
}

std::optional<Node> parse_yaml(std::string_view text, const YamlSource& source, Errors& errors) {
    return Loader(errors).load_text(text, source);
}

void apply_override(Node& root, std::string_view assignment, Errors& errors, std::string_view typed,
                    const std::filesystem::path& directory) {
    const YamlSource source{typed.empty() ? "--set " + std::string(assignment) : std::string(typed), directory};
    const std::size_t equals = assignment.find('=');
    const std::vector<std::string> parts = split(assignment.substr(0, equals), '.');
    const bool empty_part = std::find(parts.begin(), parts.end(), "") != parts.end();
    if (equals == std::string_view::npos || empty_part) {
        errors.add({source.name, 0, 0}, "", "expected PATH=VALUE with a path such as npu0.array.rows");
        return;
    }
    if (std::find(parts.begin(), parts.end(), kInclude) != parts.end()) {
        errors.add({source.name, 0, 0}, "", "a path cannot name an include, set the map: PATH={include: FILE}");
        return;
    }
    std::optional<Node> value = parse_yaml(assignment.substr(equals + 1), source, errors);
    if (!value) {
        return;
    }
    forget_positions(*value);
    Node* target = &root;
    std::string path;
    for (const std::string& part : parts) {
        std::string reason;
        Node* const next = step(*target, part, *value, reason);
        if (next == nullptr) {
            errors.add({source.name, 0, 0}, path, reason);
            return;
        }
        path = extend(path, part);
        target = next;
    }
    value->key = target->key;
    *target = std::move(*value);
}

}  // namespace handset

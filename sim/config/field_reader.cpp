// SPDX-License-Identifier: Apache-2.0
#include "sim/config/field_reader.h"

#include <algorithm>

#include "sim/base/text.h"

namespace handset {

namespace detail {

namespace {

/// A hostile file can hold one problem per value; nobody reads more than this.
constexpr std::size_t kMaxProblems = 200;

}  // namespace

bool unharmed(const Errors& errors, std::size_t before) {
    return errors.problems().size() == before && before <= kMaxProblems;
}

void report(Errors& errors, const SourceLocation& where, const std::string& path, const std::string& reason) {
    if (errors.problems().size() < kMaxProblems) {
        errors.add(where, path, reason);
    } else if (errors.problems().size() == kMaxProblems) {
        errors.add("", "more problems are not listed");
    }
}

std::string join_path(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : path + "." + std::string(name);
}

bool expect_kind(const Node& node, Node::Kind kind, const std::string& path, Errors& errors) {
    if (node.kind == kind) {
        return true;
    }
    std::string expected = "a single value";
    if (kind == Node::Kind::map) {
        expected = "a map";
    } else if (kind == Node::Kind::list) {
        expected = "a list";
    }
    if (path.empty() && node.kind == Node::Kind::null) {
        report(errors, {node.location().file, 0, 0}, "", "the file is empty, expected a map");
    } else {
        report(errors, node.location(), path, "expected " + expected + ", got " + describe_node(node));
    }
    return false;
}

void relay(const Errors& found, const Node& node, const std::string& path, Errors& errors) {
    for (const std::string& problem : found.problems()) {
        const std::size_t colon = problem.find(": ");
        const std::string name = problem.substr(0, colon);
        if (colon == std::string::npos || name.find(' ') != std::string::npos) {
            report(errors, node.location(), path, problem);
            continue;
        }
        const Node* deepest = &node;
        for (const std::string& part : split(name, '.')) {
            const Node* const child = deepest->at(part);
            if (child == nullptr) {
                break;
            }
            deepest = child;
        }
        report(errors, deepest->location(), join_path(path, name), problem.substr(colon + 2));
    }
}

std::filesystem::path resolve_path(const Node& node) {
    if (node.scalar.empty() || node.source == nullptr) {
        return node.scalar;
    }
    return (node.source->directory / node.scalar).lexically_normal();
}

}  // namespace detail

void YamlReader::variant(std::string_view key, AnyConfig& member, std::span<const ConfigKind> kinds,
                         std::string_view doc) {
    const Node* const node = take(key);
    const std::string path = detail::join_path(path_, key);
    if (node == nullptr || node->kind != Node::Kind::scalar) {
        all_known_ = false;
        if (node == nullptr) {
            missing(key, doc);
        } else {
            detail::expect_kind(*node, Node::Kind::scalar, path, errors_);
        }
        return;
    }
    const std::string& name = node->scalar;
    std::vector<std::string> known;
    for (const ConfigKind& kind : kinds) {
        if (kind.name != name) {
            known.emplace_back(kind.name);
            continue;
        }
        member = AnyConfig(name, kind.make());
        const std::size_t before = errors_.problems().size();
        member.erased()->read(*this);
        if (detail::unharmed(errors_, before)) {
            Errors found;
            member.erased()->check(found);
            detail::relay(found, node_, path_, errors_);
        }
        return;
    }
    all_known_ = false;
    detail::report(errors_, node->location(), path, unknown_name(key, name, known));
}

void YamlReader::finish() {
    for (const Node& child : node_.children) {
        if (all_known_ && std::find(known_.begin(), known_.end(), child.key) == known_.end()) {
            detail::report(errors_, child.key_location(), detail::join_path(path_, child.key),
                           unknown_name("key", child.key, known_));
        }
    }
}

const Node* YamlReader::take(std::string_view name) {
    ensure(std::find(known_.begin(), known_.end(), name) == known_.end(),
           "parameter '" + std::string(name) + "' is declared twice");
    known_.emplace_back(name);
    return node_.find(name);
}

void YamlReader::missing(std::string_view name, std::string_view doc) {
    const std::string reason = "required key is missing" + (doc.empty() ? "" : " (" + std::string(doc) + ")");
    detail::report(errors_, node_.location(), detail::join_path(path_, name), reason);
}

}  // namespace handset

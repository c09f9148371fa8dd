// SPDX-License-Identifier: Apache-2.0
// YAML files as a tree of nodes that remember where they were written, after `include:` and `--set`. The subset is
// strict: no anchors, aliases, tags or duplicate keys, bounded size and depth, because files are hostile input.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/errors.h"

namespace handset {

/// A file, or a command-line override whose name is its text.
struct YamlSource {
    std::string name;
    std::filesystem::path directory;  ///< relative paths in this source start here
};

struct YamlPosition {
    int line = 0;  ///< starts at 1; 0: none, as in overrides
    int column = 0;
};

struct Node {
    enum class Kind : std::uint8_t { null, scalar, list, map };

    Kind kind = Kind::null;
    std::string key;  ///< its name, when it is an entry of a map
    YamlPosition key_position;
    std::string scalar;
    std::vector<Node> children;  ///< of lists and maps, in the order written
    YamlPosition position;
    std::shared_ptr<const YamlSource> source;

    /// The entry of a map, null when there is none.
    [[nodiscard]] const Node* find(std::string_view name) const;
    /// The entry of a map or, by its number, of a list.
    [[nodiscard]] const Node* at(std::string_view part) const;
    /// Where the value starts; of a value left empty, its key.
    [[nodiscard]] SourceLocation location() const;
    [[nodiscard]] SourceLocation key_location() const;
};

/// "a map", "a list", "'text'" or "nothing", for messages.
std::string describe_node(const Node& node);

inline constexpr std::uintmax_t kMaxYamlBytes = std::uintmax_t{16} << 20;
inline constexpr std::size_t kMaxYamlDepth = 64;
inline constexpr std::size_t kMaxYamlNodes = 200'000;  ///< of a file with all it includes
inline constexpr std::size_t kMaxIncludes = 1'000;
inline constexpr std::size_t kMaxIncludeDepth = 32;

/// Reads a file and what it includes. `include: FILE` or a list of files, relative to the including file, may stand in
/// any map: maps merge, everything else is replaced, later files and finally the map's own keys win. Problems go to
/// `errors`; nothing is returned when the tree would be incomplete.
std::optional<Node> load_yaml(const std::filesystem::path& file, Errors& errors);

/// The same for text in memory; `source.name` stands for the file in messages.
std::optional<Node> parse_yaml(std::string_view text, const YamlSource& source, Errors& errors);

/// Applies one "npu0.array.rows=64": the value is YAML, a number in the path is an index of a list, missing maps on the
/// way are created (the reader then reports keys that nobody knows). `typed` is what the user wrote, for messages;
/// empty:
/// "--set <assignment>". Relative paths in the value start in `directory`.
void apply_override(Node& root, std::string_view assignment, Errors& errors, std::string_view typed = {},
                    const std::filesystem::path& directory = {});

}  // namespace handset

// SPDX-License-Identifier: Apache-2.0
#include "sim/config/yaml_builder.h"

#include <istream>
#include <map>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace handset::detail {

namespace {

/// After so many problems a file is not worth reading on.
constexpr std::size_t kMaxProblems = 50;
/// Keys are repeated in every message below them.
constexpr std::size_t kMaxKeyLength = 256;

struct Abort {
    YamlPosition position;
    std::string path;
    std::string reason;
};

YamlPosition position_of(const YAML::Mark& mark) {
    return {mark.line + 1, mark.column + 1};
}

class TreeBuilder : public YAML::EventHandler {
  public:
    TreeBuilder(std::shared_ptr<const YamlSource> source, std::size_t& node_budget, Errors& errors)
        : source_(std::move(source)), node_budget_(node_budget), errors_(errors) {}

    [[nodiscard]] Node take_root() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) {
            throw Abort{position_of(mark), "", "the file holds more than one YAML document"};
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        reject_anchor(mark, anchor);
        add(make(Node::Kind::null, mark), false);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        problem(position_of(mark), "YAML aliases are not supported, use include");
        add(make(Node::Kind::null, mark), true);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        reject_anchor(mark, anchor);
        reject_tag(mark, tag);
        Node node = make(Node::Kind::scalar, mark);
        node.scalar = value;
        add(std::move(node), true);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        open(Node::Kind::list, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        open(Node::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

  private:
    struct Frame {
        Node node;
        bool has_key = false;
        bool duplicate = false;
        std::string key;
        YamlPosition key_position;
        std::map<std::string, int, std::less<>> seen;  ///< key -> line
    };

    Node make(Node::Kind kind, const YAML::Mark& mark) {
        if (node_budget_ == 0) {
            throw Abort{position_of(mark), path(), "more than " + std::to_string(kMaxYamlNodes) + " values"};
        }
        --node_budget_;
        Node node;
        node.kind = kind;
        node.position = position_of(mark);
        node.source = source_;
        return node;
    }

    void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        reject_anchor(mark, anchor);
        reject_tag(mark, tag);
        if (!frames_.empty() && frames_.back().node.kind == Node::Kind::map && !frames_.back().has_key) {
            throw Abort{position_of(mark), path(), "a key must be a plain name (or a bracket is not closed)"};
        }
        if (frames_.size() == kMaxYamlDepth) {
            throw Abort{position_of(mark), "", "nested deeper than " + std::to_string(kMaxYamlDepth) + " levels"};
        }
        Frame frame;
        frame.node = make(kind, mark);
        frames_.push_back(std::move(frame));
    }

    void close() {
        Node node = std::move(frames_.back().node);
        frames_.pop_back();
        add(std::move(node), true);
    }

    void add(Node node, bool usable_as_key) {
        if (frames_.empty()) {
            root_ = std::move(node);
            return;
        }
        Frame& frame = frames_.back();
        if (frame.node.kind == Node::Kind::list) {
            frame.node.children.push_back(std::move(node));
        } else if (!frame.has_key) {
            if (!usable_as_key) {
                throw Abort{node.position, path(), "a key must be a plain name"};
            }
            set_key(frame, std::move(node));
        } else {
            frame.has_key = false;
            if (!frame.duplicate) {
                node.key = std::move(frame.key);
                node.key_position = frame.key_position;
                frame.node.children.push_back(std::move(node));
            }
        }
    }

    void set_key(Frame& frame, Node name) {
        if (name.scalar.size() > kMaxKeyLength) {
            throw Abort{name.position, path(), "a key of more than " + std::to_string(kMaxKeyLength) + " characters"};
        }
        frame.has_key = true;
        frame.key = std::move(name.scalar);
        frame.key_position = name.position;
        const auto [first, inserted] = frame.seen.emplace(frame.key, name.position.line);
        frame.duplicate = !inserted;
        if (!inserted) {
            problem(name.position, "duplicate key, first written in line " + std::to_string(first->second));
        }
    }

    void reject_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) {
            problem(position_of(mark), "YAML anchors are not supported, use include");
        }
    }
    void reject_tag(const YAML::Mark& mark, const std::string& tag) {
        if (!tag.empty() && tag != "?" && tag != "!") {
            problem(position_of(mark), "YAML tags are not supported: '" + tag + "'");
        }
    }

    void problem(YamlPosition position, const std::string& reason) {
        if (++problems_ > kMaxProblems) {
            throw Abort{position, "", "too many problems, giving up"};
        }
        errors_.add({source_->name, position.line, position.column}, path(), reason);
    }

    [[nodiscard]] std::string path() const {
        std::string out;
        for (const Frame& frame : frames_) {
            const bool list = frame.node.kind == Node::Kind::list;
            if (list || frame.has_key) {
                out += out.empty() ? "" : ".";
                out += list ? std::to_string(frame.node.children.size()) : frame.key;
            }
        }
        return out;
    }

    std::shared_ptr<const YamlSource> source_;
    std::size_t& node_budget_;
    Errors& errors_;
    std::vector<Frame> frames_;
    Node root_;
    int documents_ = 0;
    std::size_t problems_ = 0;
};

/// The text with an explicit end of the document: yaml-cpp takes an unfinished quoted scalar at the end of a file for a
/// finished one, and an unfinished list for a key.
std::string terminated(std::string_view text) {
    std::string out(text);
    out += out.empty() || out.ends_with('\n') ? "" : "\n";
    return out + "...\n";
}

/// yaml-cpp reads byte 4 as the end of the file; no other control character belongs into a configuration either.
std::optional<YamlPosition> find_control_character(std::string_view text) {
    YamlPosition position{1, 1};
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f) {
            return position;
        }
        ++position.column;
        if (c == '\n') {
            position = {position.line + 1, 1};
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<Node> build_tree(std::string_view text, const std::shared_ptr<const YamlSource>& source,
                               std::size_t& node_budget, Errors& errors) {
    const auto fail = [&](YamlPosition position, std::string_view path, std::string_view reason) {
        errors.add({source->name, position.line, position.column}, path, reason);
        return std::nullopt;
    };
    if (text.size() > kMaxYamlBytes) {
        return fail({}, "", "larger than " + std::to_string(kMaxYamlBytes >> 20) + " MiB");
    }
    if (const auto control = find_control_character(text)) {
        return fail(*control, "", "control character in the text");
    }
    try {
        std::istringstream stream(terminated(text));
        YAML::Parser parser(stream);
        TreeBuilder builder(source, node_budget, errors);
        while (parser.HandleNextDocument(builder)) {
        }
        Node root = builder.take_root();
        root.source = source;
        return root;
    } catch (const Abort& abort) {
        return fail(abort.position, abort.path, abort.reason);
    } catch (const YAML::Exception& error) {
        // Our own end of the document is what an open quote runs into.
        const bool open_quote = error.msg == YAML::ErrorMsg::DOC_IN_SCALAR;
        return fail(error.mark.is_null() ? YamlPosition{} : position_of(error.mark), "",
                    "not valid YAML: " + (open_quote ? "a quoted text is not closed" : error.msg));
    }
}

}  // namespace handset::detail

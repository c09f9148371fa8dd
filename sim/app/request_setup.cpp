// SPDX-License-Identifier: Apache-2.0
#include "sim/app/request_setup.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "sim/base/errors.h"
#include "workloads/traces/synthetic_tokens.h"

namespace handset {

namespace {

/// Encodes the texts of a workload and draws its synthetic prompts.
class Prompts {
  public:
    Prompts(const WorkloadConfig& workload, std::uint32_t vocab, const Tokenizer* tokenizer)
        : workload_(workload), synthetic_(workload.model.seed, vocab), tokenizer_(tokenizer) {}

    std::vector<std::uint32_t> draw(std::uint32_t count) {
        std::vector<std::uint32_t> ids;
        for (std::uint32_t i = 0; i < count; ++i) {
            ids.push_back(synthetic_.at(drawn_++));
        }
        return ids;
    }

    /// `first`: nothing stands before it in its conversation.
    [[nodiscard]] std::vector<std::uint32_t> encode(const std::string& text, bool first) const {
        const std::string file = workload_.model.file.string();
        if (tokenizer_ == nullptr) {
            throw ConfigError(file +
                              ": has no tokenizer for the prompt: name one in model.tokenizer, or use prompt_tokens");
        }
        std::vector<std::uint32_t> ids = tokenizer_->encode(text, first && (text.empty() || tokenizer_->add_bos()));
        if (ids.empty()) {
            throw ConfigError(file + (first ? ": an empty prompt needs a tokenizer with a beginning-of-sequence token"
                                            : ": the text of a further turn has no tokens"));
        }
        return ids;
    }

  private:
    const WorkloadConfig& workload_;
    SyntheticTokens synthetic_;
    std::uint64_t drawn_ = 0;
    const Tokenizer* tokenizer_;
};

std::vector<Turn> turns_of_list(const std::vector<RequestConfig>& list, Prompts& prompts) {
    std::vector<Turn> turns;
    std::set<std::string> begun;
    for (const RequestConfig& request : list) {
        const bool first = request.conversation.empty() || begun.insert(request.conversation).second;
        turns.push_back(
            {request.prompt.has_value() ? prompts.encode(*request.prompt, first) : prompts.draw(request.prompt_tokens),
             request.output_tokens, request.conversation, request.arrival});
    }
    return turns;
}

std::vector<Turn> turns_of_file(const RequestsConfig& requests, Prompts& prompts) {
    std::vector<Turn> turns;
    for (TracedRequest& request :
         read_request_trace(requests.file.string(), {requests.from, requests.limit, requests.scale_arrivals})) {
        turns.push_back({prompts.draw(request.prompt_tokens), request.output_tokens, std::move(request.conversation),
                         request.arrival});
    }
    return turns;
}

std::string described(const WorkloadConfig& workload, const std::vector<Turn>& turns, std::uint64_t needed) {
    if (workload.requests.has_value()) {
        return "the longest conversation, of " + std::to_string(needed) + " tokens with its answers, does";
    }
    return "a prompt of " + std::to_string(turns.front().prompt.size()) + " tokens and " +
           std::to_string(turns.front().max_tokens) + " generated ones do";
}

}  // namespace

std::vector<Turn> turns_of(const WorkloadConfig& workload, std::uint32_t vocab, const Tokenizer* tokenizer) {
    Prompts prompts(workload, vocab, tokenizer);
    if (!workload.requests.has_value()) {
        return {{workload.prompt.has_value() ? prompts.encode(*workload.prompt, true)
                                             : prompts.draw(workload.prompt_tokens),
                 workload.max_tokens.value()}};
    }
    return workload.requests->file.empty() ? turns_of_list(workload.requests->list, prompts)
                                           : turns_of_file(*workload.requests, prompts);
}

std::uint32_t context_of(const WorkloadConfig& workload, const std::vector<Turn>& turns, std::uint32_t longest) {
    const std::uint64_t needed = longest_conversation(turns, workload.prefill);
    const std::uint64_t wanted = workload.context > 0 ? workload.context : needed;
    if (needed > wanted || wanted > longest) {
        const bool filled = needed > longest_conversation(turns, {});
        throw ConfigError(workload.name + ": " + described(workload, turns, needed) + " not fit a context of " +
                          std::to_string(std::min<std::uint64_t>(wanted, longest)) + " tokens" +
                          (filled ? ": " + std::to_string(needed) + " rows with the last chunk filled up" : ""));
    }
    return static_cast<std::uint32_t>(wanted);
}

}  // namespace handset

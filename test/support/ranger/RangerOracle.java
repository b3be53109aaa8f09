import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.ranger.authorization.hadoop.config.RangerPluginConfig;
import org.apache.ranger.plugin.model.RangerPolicy;
import org.apache.ranger.plugin.policyengine.RangerAccessRequestImpl;
import org.apache.ranger.plugin.policyengine.RangerAccessResourceImpl;
import org.apache.ranger.plugin.policyengine.RangerAccessResult;
import org.apache.ranger.plugin.policyengine.RangerPluginContext;
import org.apache.ranger.plugin.policyengine.RangerPolicyEngine;
import org.apache.ranger.plugin.policyengine.RangerPolicyEngineImpl;
import org.apache.ranger.plugin.policyengine.RangerPolicyEngineOptions;
import org.apache.ranger.plugin.util.RangerAccessRequestUtil;
import org.apache.ranger.plugin.util.RangerRoles;
import org.apache.ranger.plugin.util.ServicePolicies;

/**
 * Asks Ranger's own policy engine. One JSON object a line on stdin, one answer a line on stdout:
 * {"policies": ServicePolicies, "roles"?: RangerRoles, "fallback": boolean} makes an engine;
 * {"requests": [{resource, user, groups, accessTypes, owner?, roles?, address?, at, action?}]} asks it;
 * {"time": rounds, "requests": […]} says how many nanoseconds a decision takes, by the median of the rounds.
 */
public final class RangerOracle {
  private static final ObjectMapper JSON =
      new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

  private static RangerPolicyEngine engine;

  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      Object answer;
      try {
        answer = answer(JSON.readTree(line));
      } catch (Exception failure) {
        answer = Map.of("error", String.valueOf(failure));
      }
      out.println(JSON.writeValueAsString(answer));
    }
  }

  private static Object answer(JsonNode question) throws Exception {
    if (question.has("policies")) {
      long start = System.nanoTime();
      load(question);
      return Map.of("loaded", true, "milliseconds", (System.nanoTime() - start) / 1_000_000);
    }
    List<JsonNode> requests = new ArrayList<>();
    question.get("requests").forEach(requests::add);
    if (question.has("time")) return time(requests, question.get("time").asInt());
    List<Object> answers = new ArrayList<>();
    for (JsonNode request : requests) answers.add(told(engine.evaluatePolicies(read(request), RangerPolicy.POLICY_TYPE_ACCESS, null)));
    return answers;
  }

  private static void load(JsonNode question) throws Exception {
    ServicePolicies policies = JSON.treeToValue(question.get("policies"), ServicePolicies.class);
    String type = policies.getServiceDef().getName();
    RangerPolicyEngineOptions options = new RangerPolicyEngineOptions();
    options.disableTagRetriever = true;
    options.disableUserStoreRetriever = true;
    options.disablePolicyRefresher = true;
    options.disableAccessEvaluationWithPolicyACLSummary = true;
    // What it remembers of a resource forgets that time, user and address play a part.
    options.cacheAuditResults = false;
    RangerPluginConfig config =
        new RangerPluginConfig(type, policies.getServiceName(), type, "cluster", "on-prem", options);
    config.setIsFallbackSupported(question.path("fallback").asBoolean(false));
    Map<String, String> service = policies.getServiceConfig() == null ? Map.of() : policies.getServiceConfig();
    config.setSuperUsersGroups(words(service.get("ranger.plugin.super.users")), words(service.get("ranger.plugin.super.groups")));
    RangerRoles roles =
        question.has("roles") ? JSON.treeToValue(question.get("roles"), RangerRoles.class) : new RangerRoles();
    if (roles.getRangerRoles() == null) roles.setRangerRoles(new HashSet<>());
    engine = new RangerPolicyEngineImpl(policies, new RangerPluginContext(config), roles);
  }

  private static Set<String> words(String text) {
    Set<String> words = new HashSet<>();
    if (text == null) return words;
    for (String word : text.split(",")) if (!word.isBlank()) words.add(word.trim());
    return words;
  }

  private static RangerAccessRequestImpl read(JsonNode request) {
    Map<String, Object> values = new HashMap<>();
    request.get("resource").fields().forEachRemaining(field -> values.put(field.getKey(), field.getValue().asText()));
    RangerAccessResourceImpl resource = new RangerAccessResourceImpl(values, request.path("owner").asText(null));
    List<String> types = new ArrayList<>();
    request.get("accessTypes").forEach(type -> types.add(type.asText()));
    RangerAccessRequestImpl asked =
        new RangerAccessRequestImpl(
            resource,
            types.get(0),
            request.get("user").asText(),
            texts(request.path("groups")),
            request.has("roles") ? texts(request.get("roles")) : null);
    if (types.size() > 1) {
      // As Ranger's HDFS plugin does: each of them is needed.
      Set<Set<String>> each = new HashSet<>();
      for (String type : types) each.add(Set.of(type));
      RangerAccessRequestUtil.setAllRequestedAccessTypeGroups(asked, each);
      RangerAccessRequestUtil.setAllRequestedAccessTypes(asked.getContext(), new HashSet<>(types));
      if (types.contains("execute"))
        RangerAccessRequestUtil.setIgnoreIfNotDeniedAccessTypes(asked.getContext(), Set.of("execute"));
    }
    if (request.has("address")) {
      asked.setClientIPAddress(request.get("address").asText());
      asked.setRemoteIPAddress(request.get("address").asText());
    }
    asked.setAction(request.path("action").asText(null));
    asked.setAccessTime(new Date(request.path("at").asLong(System.currentTimeMillis())));
    return asked;
  }

  private static Set<String> texts(JsonNode list) {
    Set<String> found = new HashSet<>();
    list.forEach(entry -> found.add(entry.asText()));
    return found;
  }

  private static Object told(RangerAccessResult result) {
    ObjectNode answer = JSON.createObjectNode();
    answer.put("determined", result.getIsAccessDetermined());
    answer.put("allowed", result.getIsAllowed());
    answer.put("policyId", result.getPolicyId());
    answer.put("audited", result.getIsAudited());
    answer.put("reason", result.getReason());
    return answer;
  }

  private static Object time(List<JsonNode> requests, int rounds) {
    List<RangerAccessRequestImpl> asked = new ArrayList<>();
    for (JsonNode request : requests) asked.add(read(request));
    long[] times = new long[rounds];
    int allowed = 0;
    for (int round = 0; round < rounds; round += 1) {
      long start = System.nanoTime();
      for (RangerAccessRequestImpl request : asked)
        if (engine.evaluatePolicies(new RangerAccessRequestImpl(request), RangerPolicy.POLICY_TYPE_ACCESS, null).getIsAllowed()) allowed += 1;
      times[round] = (System.nanoTime() - start) / asked.size();
    }
    java.util.Arrays.sort(times);
    return Map.of("nanoseconds", times[rounds / 2], "least", times[0], "allowed", allowed);
  }
}

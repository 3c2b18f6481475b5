"""The stacks together: names, what one takes from another, what AWS takes at all; and the watch."""

import json
import re
import unittest

import templates

EVERY = templates.every()
WATCH = templates.Values(EVERY["watch"]).of(EVERY["watch"]["Resources"])
RUNBOOK = (templates.ROOT / "docs/runbooks/cloud.md").read_text()


def found(node, function):
    """The arguments of a function wherever it stands."""
    if isinstance(node, list):
        return [argument for value in node for argument in found(value, function)]
    if isinstance(node, dict):
        here = [node[function]] if set(node) == {function} else []
        return here + [argument for value in node.values() for argument in found(value, function)]
    return []


def named(stack, kind, key):
    template = EVERY[stack]
    filled = templates.Values(template).of(template["Resources"])
    return {body["Properties"][key] for body in filled.values() if body.get("Type") == kind}


class Names(unittest.TestCase):
    def test_names_are_those_that_provisioning_and_delivery_use(self):
        self.assertEqual(
            named("fleet", "AWS::IoT::RoleAlias", "RoleAlias"), {"hotel-edge-token-exchange"}
        )
        self.assertEqual(
            named("fleet", "AWS::IoT::Policy", "PolicyName"),
            {"hotel-edge-core", "hotel-edge-claim"},
        )
        self.assertEqual(
            named("fleet", "AWS::IoT::ProvisioningTemplate", "TemplateName"), {"hotel-edge"}
        )
        self.assertEqual(named("fleet", "AWS::DynamoDB::Table", "TableName"), {"hotel-edge-boxes"})
        self.assertIn("hotel-fleet", named("fleet", "AWS::IoT::ThingGroup", "ThingGroupName"))
        buckets = named("data", "AWS::S3::Bucket", "BucketName")
        kinds = ("answers", "artifacts", "backups", "batches", "models")
        self.assertEqual(buckets, {f"example-{kind}" for kind in kinds})

    def test_groups_of_a_hotel_are_below_the_fleet(self):
        resources = EVERY["property"]["Resources"]
        group = templates.Values(EVERY["property"]).of(resources["Group"])["Properties"]
        self.assertEqual(group["ThingGroupName"], "hotel-alpenhof")
        self.assertEqual(group["ParentGroupName"], "<hotel-edge-fleet>")
        segment, _, bodies = resources["Fn::ForEach::Segments"]
        (body,) = bodies.values()
        values = templates.Values(
            EVERY["property"], **{segment: "annexe", "Group": "hotel-alpenhof"}
        )
        made = values.of(body)["Properties"]
        self.assertEqual(
            (made["ThingGroupName"], made["ParentGroupName"]),
            ("hotel-alpenhof-annexe", "hotel-alpenhof"),
        )


class Together(unittest.TestCase):
    def test_what_a_stack_takes_another_gives(self):
        given, taken = {}, set()
        for stack, template in EVERY.items():
            for output in template.get("Outputs", {}).values():
                if "Export" in output:
                    name = output["Export"]["Name"]
                    self.assertNotIn(name, given, f"{stack} and {given.get(name)} both export it")
                    given[name] = stack
            taken |= {(name, stack) for name in found(template, "Fn::ImportValue")}
        order = ["fleet", "data", "cloud", "programs", "property", "watch"]
        for name, stack in taken:
            self.assertIn(name, given, f"{stack} takes it")
            self.assertLess(order.index(given[name]), order.index(stack), f"{name} comes too late")

    def test_the_same_parameter_means_the_same_everywhere(self):
        seen = {}
        for stack, template in EVERY.items():
            for name, declared in template["Parameters"].items():
                rule = {
                    key: declared.get(key) for key in ("Type", "AllowedPattern", "AllowedValues")
                }
                self.assertEqual(seen.setdefault(name, rule), rule, f"{name} of {stack}")

    def test_a_template_can_be_handed_over_by_itself(self):
        for stack in EVERY:
            self.assertLess((templates.FOLDER / f"{stack}.yaml").stat().st_size, 51_200, stack)

    def test_programs_of_functions_stay_small_enough_to_read(self):
        for template in EVERY.values():
            for function in templates.resources(template, "AWS::Lambda::Function").values():
                self.assertLess(len(function["Properties"]["Code"]["ZipFile"]), 4096)

    def test_logs_end(self):
        for stack, template in EVERY.items():
            for name, group in templates.resources(template, "AWS::Logs::LogGroup").items():
                self.assertIn("RetentionInDays", group["Properties"], f"{stack} {name}")

    def test_what_holds_data_outlives_its_stack(self):
        kinds = {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::RDS::DBCluster"}
        for stack, template in EVERY.items():
            for kind in kinds:
                for name, body in templates.resources(template, kind).items():
                    self.assertIn(body["DeletionPolicy"], ("Retain", "Snapshot"), f"{stack} {name}")


class Watch(unittest.TestCase):
    def alarms(self):
        return templates.resources({"Resources": WATCH}, "AWS::CloudWatch::Alarm")

    def test_every_alarm_and_event_leads_to_a_chapter_of_its_runbook(self):
        chapters = set(re.findall(r"^## ([a-z-]+)$", RUNBOOK, re.MULTILINE))
        told = {}
        for alarm in self.alarms().values():
            told[alarm["Properties"]["AlarmName"]] = alarm["Properties"]["AlarmDescription"]
        for rule in templates.resources({"Resources": WATCH}, "AWS::Events::Rule").values():
            told[rule["Properties"]["Name"]] = rule["Properties"]["Description"]
        self.assertGreaterEqual(len(told), 11)
        for name, description in told.items():
            place = re.search(r" docs/runbooks/cloud\.md#([a-z-]+)$", description)
            self.assertIsNotNone(place, description)
            self.assertEqual(name, f"hotel-edge-{place[1]}")
            self.assertIn(place[1], chapters)

    def test_every_alarm_tells_somebody(self):
        for name, alarm in self.alarms().items():
            self.assertEqual(alarm["Properties"]["AlarmActions"], ["<Topic>"], name)

    def test_whatever_stops_working_altogether_is_missed(self):
        for name in ("HubUnreachable", "SignalingUnreachable", "BatchesMissing"):
            self.assertEqual(self.alarms()[name]["Properties"]["TreatMissingData"], "breaching")

    def test_metrics_of_logs_are_those_that_alarms_look_at(self):
        filters = templates.resources({"Resources": WATCH}, "AWS::Logs::MetricFilter").values()
        made = {body["Properties"]["MetricTransformations"][0]["MetricName"] for body in filters}
        ours = [alarm["Properties"] for alarm in self.alarms().values()]
        looked = {alarm["MetricName"] for alarm in ours if alarm["Namespace"] == "HotelEdge"}
        self.assertEqual(made, looked)

    def test_the_dashboard_is_a_page_that_fits(self):
        text = WATCH["Dashboard"]["Properties"]["DashboardBody"]
        page = json.loads(text)
        places = set()
        for widget in page["widgets"]:
            for x in range(widget["x"], widget["x"] + widget["width"]):
                for y in range(widget["y"], widget["y"] + widget["height"]):
                    self.assertLess(x, 24)
                    self.assertNotIn((x, y), places, "two widgets lie on each other")
                    places.add((x, y))
        # One alarm is there only where requests are counted.
        shown = page["widgets"][0]["properties"]["alarms"]
        self.assertEqual(len(shown), len(self.alarms()) - 1)


if __name__ == "__main__":
    unittest.main()

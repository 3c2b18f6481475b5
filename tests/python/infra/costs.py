"""The page of costs: what it shows is what the formulas say of the measured figures."""

import re
import sys
import unittest

import yaml

import templates

sys.path.insert(0, str(templates.ROOT / "infra/cost"))

import cost  # noqa: E402

PAGE = (templates.ROOT / "docs/cost.md").read_text()


class Page(unittest.TestCase):
    def test_every_table_is_what_the_formulas_say(self):
        printed = [part for part in "\n".join(cost.tables()).split("\n\n") if part]
        self.assertEqual(len(printed), 5)
        for table in printed:
            self.assertIn(table, PAGE, "run infra/cost/cost.py and take its tables over")

    def test_days_are_those_of_the_templates(self):
        declared = templates.read("data")["Parameters"]
        self.assertEqual(cost.HOTEL["kept_days"], declared["MeasurementDays"]["Default"])
        self.assertEqual(cost.HOTEL["backups_kept"], declared["BackupDays"]["Default"])

    def test_the_smallest_installation_is_the_templates_default(self):
        programs = templates.read("programs")["Parameters"]
        cloud = templates.read("cloud")["Parameters"]
        _, hubs, processors, memory, units = cost.SIZES[0]
        self.assertEqual(hubs, programs["HubsLeast"]["Default"])
        self.assertEqual(processors * 1024, programs["HubCpu"]["Default"])
        self.assertEqual(memory * 1024, programs["HubMemory"]["Default"])
        self.assertEqual(units, cloud["DatabaseLeast"]["Default"])

    def test_a_fleet_is_deployed_as_it_is_reckoned(self):
        wishes = yaml.safe_load((templates.ROOT / "infra/deployment.yaml").read_text())
        recipe = yaml.safe_load((templates.ROOT / "recipes/uplink/recipe.yaml").read_text())
        default = recipe["ComponentConfiguration"]["DefaultConfiguration"]["batch"]["age_ms"]
        age = wishes["configuration"]["uplink"]["batch"]["age_ms"]
        self.assertEqual(int(age), cost.WINDOW_S * 1000)
        self.assertEqual(default, "60000", "the page says that the recipe waits for a minute")
        self.assertIn(f'`batch.age_ms` `"{age}"`', PAGE)

    def test_alarms_are_counted(self):
        watch = templates.read("watch")
        alarms = templates.resources(watch, "AWS::CloudWatch::Alarm")
        ours = dict(cost.shared(*cost.SIZES[0]))["secrets, alarms, metrics, logs"]
        metrics = len(templates.resources(watch, "AWS::Logs::MetricFilter"))
        price = cost.PRICE
        # The alarm for missing batches is bought with the metrics it needs.
        counted = (len(alarms) - 1) * price["alarm_month"] + metrics * price["metric_month"]
        self.assertAlmostEqual(ours, counted + 2 * price["secret_month"] + price["log_gb"])

    def test_prices_have_a_date(self):
        source = (templates.ROOT / "infra/cost/cost.py").read_text()
        (noted,) = re.findall(r"us-east-1, noted (\d{4}-\d\d-\d\d)", source)
        self.assertIn(noted, PAGE)


if __name__ == "__main__":
    unittest.main()

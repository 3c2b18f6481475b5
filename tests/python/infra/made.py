"""Makes at an AWS what a runbook finds made by stacks, under the names that the templates give.

    python made.py PREFIX
"""

import sys

import boto3

import templates


def names(stack, kind, key):
    template = templates.read(stack)
    values = templates.Values(template, Prefix=sys.argv[1])
    found = templates.resources(template, kind).values()
    return [values.of(resource["Properties"][key]) for resource in found]


def main():
    for name in names("cloud", "AWS::SecretsManager::Secret", "Name"):
        boto3.client("secretsmanager").create_secret(Name=name, SecretString="{}")
    for name in names("cloud", "AWS::S3::Bucket", "BucketName"):
        place = {"LocationConstraint": boto3.session.Session().region_name}
        boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
    ecs = boto3.client("ecs")
    (cluster,) = names("programs", "AWS::ECS::Cluster", "ClusterName")
    ecs.create_cluster(clusterName=cluster)
    for name in names("programs", "AWS::ECS::Service", "ServiceName"):
        image = {"name": name, "image": name, "memory": 512}
        ecs.register_task_definition(family=name, containerDefinitions=[image])
        ecs.create_service(cluster=cluster, serviceName=name, taskDefinition=name, desiredCount=1)


if __name__ == "__main__":
    main()

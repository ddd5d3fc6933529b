"""The CloudFormation template that `osls package` makes of serverless.yml."""

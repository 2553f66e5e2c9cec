
# each COMMAND...: the words that a command answers with, one a line.
each() {
    words=$("$@" --output text 2>/dev/null) || printf . >>"$OUT/.failed"
    printf '%s\n' "$words" | tr '\t' '\n' | grep -v -e '^None$' -e '^$' | sort -u
}

# lies_at: S3 URIs on standard input; exports the versions under each, and how its bucket keeps them.
lies_at() {
    while IFS= read -r uri; do
        case $uri in s3://*) ;; *) continue ;; esac
        rest=${uri#s3://}
        bucket=${rest%%/*}
        key=${rest#"$bucket"}
        key=${key#/}
        here=s3/$(name "$bucket")
        save "$here/get-bucket-versioning.json" aws s3api get-bucket-versioning --bucket "$bucket" --output json
        save "$here/get-bucket-lifecycle-configuration.json" aws s3api get-bucket-lifecycle-configuration --bucket "$bucket" --output json
        save "$here/versions/$(name "${key:-all}").json" aws s3api list-object-versions --bucket "$bucket" --prefix "$key" --output json
    done
}

# images: image URIs on standard input; exports what their repositories hold.
images() {
    while IFS= read -r image; do
        case $image in *.dkr.ecr.*.amazonaws.com*/*) ;; *) continue ;; esac
        host=${image%%/*}
        repository=${image#"$host"/}
        repository=${repository%%@*}
        repository=${repository%%:*}
        registry=${host%%.*}
        region=${host#*.dkr.ecr.}
        region=${region%%.*}
        save "ecr-images/$(name "$image").json" \
            aws ecr describe-images --registry-id "$registry" --repository-name "$repository" --region "$region" --output json
    done
}

# The account: what happened, who could have been told.
save cloudtrail/lookup-events.json aws cloudtrail lookup-events \
    --lookup-attributes AttributeKey=EventSource,AttributeValue=sagemaker.amazonaws.com \
    --start-time "$FROM" --end-time "$TO" --region "$REGION" --output json
save cloudtrail/describe-trails.json aws cloudtrail describe-trails --region "$REGION" --output json
save events/list-rules.json aws events list-rules --region "$REGION" --output json
for rule in $(each aws events list-rules --query 'Rules[].Name' --region "$REGION"); do
    save "events/targets/$(name "$rule").json" aws events list-targets-by-rule --rule "$rule" --region "$REGION" --output json
done
save cloudwatch/describe-alarms.json aws cloudwatch describe-alarms --region "$REGION" --output json
save cloudwatch/describe-alarm-history.json aws cloudwatch describe-alarm-history \
    --start-date "$FROM" --end-date "$TO" --region "$REGION" --output json
save logs/describe-log-groups.json aws logs describe-log-groups --log-group-name-prefix /aws/sagemaker/ --region "$REGION" --output json

# The endpoint: its configurations, models and packages.
save endpoint/describe-endpoint.json aws sagemaker describe-endpoint --endpoint-name "$ENDPOINT" --region "$REGION" --output json
save endpoint/list-tags.json aws sagemaker list-tags --region "$REGION" --output json \
    --resource-arn "arn:$PARTITION:sagemaker:$REGION:$ACCOUNT:endpoint/$(printf '%s' "$ENDPOINT" | tr 'A-Z' 'a-z')"
for config in $(each aws sagemaker describe-endpoint --endpoint-name "$ENDPOINT" --query EndpointConfigName --region "$REGION"); do
    save "endpoint-configs/$(name "$config").json" aws sagemaker describe-endpoint-config --endpoint-config-name "$config" --region "$REGION" --output json
    each aws sagemaker describe-endpoint-config --endpoint-config-name "$config" \
        --query '[ProductionVariants[].ModelName,ShadowProductionVariants[].ModelName][]' --region "$REGION" >>"$OUT/.models"
done
for variant in $(each aws sagemaker describe-endpoint --endpoint-name "$ENDPOINT" --region "$REGION" \
    --query '[ProductionVariants[].VariantName,ShadowProductionVariants[].VariantName][]'); do
    save "cloudwatch/invocations-$(name "$variant").json" aws cloudwatch get-metric-statistics --namespace AWS/SageMaker --metric-name Invocations \
        --dimensions "Name=EndpointName,Value=$ENDPOINT" "Name=VariantName,Value=$variant" \
        --start-time "$FROM" --end-time "$TO" --period "$PERIOD" --statistics Sum --region "$REGION" --output json
done
save inference-components/list-inference-components.json aws sagemaker list-inference-components \
    --endpoint-name-equals "$ENDPOINT" --region "$REGION" --output json
for component in $(each aws sagemaker list-inference-components --endpoint-name-equals "$ENDPOINT" \
    --query 'InferenceComponents[].InferenceComponentName' --region "$REGION"); do
    save "inference-components/$(name "$component").json" aws sagemaker describe-inference-component \
        --inference-component-name "$component" --region "$REGION" --output json
    each aws sagemaker describe-inference-component --inference-component-name "$component" --region "$REGION" \
        --query '[Specification.ModelName,Specifications[].ModelName][]' >>"$OUT/.models"
    each aws sagemaker describe-inference-component --inference-component-name "$component" --region "$REGION" \
        --query '[Specification.Container.ArtifactUrl,Specifications[].Container.ArtifactUrl][]' | lies_at
    save "cloudwatch/invocations-of-$(name "$component").json" aws cloudwatch get-metric-statistics --namespace AWS/SageMaker \
        --metric-name Invocations --dimensions "Name=InferenceComponentName,Value=$component" \
        --start-time "$FROM" --end-time "$TO" --period "$PERIOD" --statistics Sum --region "$REGION" --output json
done
save "logs/endpoint.json" aws logs filter-log-events --log-group-name "/aws/sagemaker/Endpoints/$ENDPOINT" \
    --start-time "$FROM_MILLIS" --end-time "$TO_MILLIS" --region "$REGION" --output json
for model in $(sort -u "$OUT/.models" 2>/dev/null); do
    save "models/$(name "$model").json" aws sagemaker describe-model --model-name "$model" --region "$REGION" --output json
    each aws sagemaker describe-model --model-name "$model" --region "$REGION" \
        --query '[PrimaryContainer.ModelDataUrl,Containers[].ModelDataUrl][]' | lies_at
    each aws sagemaker describe-model --model-name "$model" --region "$REGION" \
        --query '[PrimaryContainer.Image,Containers[].Image][]' | images
    for package in $(each aws sagemaker describe-model --model-name "$model" --region "$REGION" \
        --query '[PrimaryContainer.ModelPackageName,Containers[].ModelPackageName][]'); do
        save "packages/$(name "$package").json" aws sagemaker describe-model-package --model-package-name "$package" --region "$REGION" --output json
        each aws sagemaker describe-model-package --model-package-name "$package" --region "$REGION" \
            --query 'InferenceSpecification.Containers[].ModelDataUrl' | lies_at
        each aws sagemaker describe-model-package --model-package-name "$package" --region "$REGION" \
            --query 'InferenceSpecification.Containers[].Image' | images
        for group in $(each aws sagemaker describe-model-package --model-package-name "$package" --query ModelPackageGroupName --region "$REGION"); do
            save "packages/of-$(name "$group").json" aws sagemaker list-model-packages --model-package-group-name "$group" --region "$REGION" --output json
        done
    done
done
rm -f "$OUT/.models"

# Jobs of the interval: what they read, ran and printed.
save training-jobs/list-training-jobs.json aws sagemaker list-training-jobs \
    --creation-time-after "$FROM" --creation-time-before "$TO" --region "$REGION" --output json
for job in $(each aws sagemaker list-training-jobs --creation-time-after "$FROM" --creation-time-before "$TO" \
    --query 'TrainingJobSummaries[].TrainingJobName' --region "$REGION"); do
    save "training-jobs/$(name "$job").json" aws sagemaker describe-training-job --training-job-name "$job" --region "$REGION" --output json
    save "logs/$(name "$job").json" aws logs filter-log-events --log-group-name /aws/sagemaker/TrainingJobs \
        --log-stream-name-prefix "$job/" --region "$REGION" --output json
    each aws sagemaker describe-training-job --training-job-name "$job" --region "$REGION" \
        --query '[InputDataConfig[].DataSource.S3DataSource.S3Uri,[ModelArtifacts.S3ModelArtifacts,HyperParameters.sagemaker_submit_directory]][]' |
        tr -d '"' | lies_at
    each aws sagemaker describe-training-job --training-job-name "$job" --query AlgorithmSpecification.TrainingImage --region "$REGION" | images
done
save processing-jobs/list-processing-jobs.json aws sagemaker list-processing-jobs \
    --creation-time-after "$FROM" --creation-time-before "$TO" --region "$REGION" --output json
for job in $(each aws sagemaker list-processing-jobs --creation-time-after "$FROM" --creation-time-before "$TO" \
    --query 'ProcessingJobSummaries[].ProcessingJobName' --region "$REGION"); do
    save "processing-jobs/$(name "$job").json" aws sagemaker describe-processing-job --processing-job-name "$job" --region "$REGION" --output json
    save "logs/$(name "$job").json" aws logs filter-log-events --log-group-name /aws/sagemaker/ProcessingJobs \
        --log-stream-name-prefix "$job/" --region "$REGION" --output json
    each aws sagemaker describe-processing-job --processing-job-name "$job" --region "$REGION" \
        --query '[ProcessingInputs[].S3Input.S3Uri,ProcessingOutputConfig.Outputs[].S3Output.S3Uri][]' | lies_at
    each aws sagemaker describe-processing-job --processing-job-name "$job" --query AppSpecification.ImageUri --region "$REGION" | images
done
save transform-jobs/list-transform-jobs.json aws sagemaker list-transform-jobs \
    --creation-time-after "$FROM" --creation-time-before "$TO" --region "$REGION" --output json
for job in $(each aws sagemaker list-transform-jobs --creation-time-after "$FROM" --creation-time-before "$TO" \
    --query 'TransformJobSummaries[].TransformJobName' --region "$REGION"); do
    save "transform-jobs/$(name "$job").json" aws sagemaker describe-transform-job --transform-job-name "$job" --region "$REGION" --output json
done

# Pipelines: what each execution ran, and what it took from cache.
save pipelines/list-pipelines.json aws sagemaker list-pipelines --region "$REGION" --output json
for pipeline in $(each aws sagemaker list-pipelines --query 'PipelineSummaries[].PipelineName' --region "$REGION"); do
    save "pipelines/$(name "$pipeline").json" aws sagemaker describe-pipeline --pipeline-name "$pipeline" --region "$REGION" --output json
    for execution in $(each aws sagemaker list-pipeline-executions --pipeline-name "$pipeline" --created-after "$FROM" --created-before "$TO" \
        --query 'PipelineExecutionSummaries[].PipelineExecutionArn' --region "$REGION"); do
        here=pipeline-executions/$(name "$execution")
        save "$here/execution.json" aws sagemaker describe-pipeline-execution --pipeline-execution-arn "$execution" --region "$REGION" --output json
        save "$here/steps.json" aws sagemaker list-pipeline-execution-steps --pipeline-execution-arn "$execution" --region "$REGION" --output json
        save "$here/definition.json" aws sagemaker describe-pipeline-definition-for-execution \
            --pipeline-execution-arn "$execution" --region "$REGION" --output json
    done
done

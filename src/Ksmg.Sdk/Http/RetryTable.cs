using Polly;
using Polly.Retry;

namespace Ksmg.Sdk;

/// <summary>The one place that decides whether a call is sent again.</summary>
internal static class RetryTable
{
    /// <summary>Attempts of a call, the first one included.</summary>
    public const int MaxAttempts = 3;

    private static readonly TimeSpan BaseDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether an attempt with this outcome may be followed by another.</summary>
    /// <remarks>
    /// A time-out is not in the table: <see cref="KsmgOptions.RequestLimit"/> covers the call with all its attempts, so nothing is left of
    /// it. A connection that could not be made in time is <see cref="CallOutcome.NotConnected"/>.
    /// </remarks>
    public static bool MayRepeat(CallSafety safety, CallOutcome outcome) => (safety, outcome) switch
    {
        (CallSafety.Safe, CallOutcome.NotConnected or CallOutcome.ConnectionLost or CallOutcome.Unavailable) => true,
        (CallSafety.IfNotSent, CallOutcome.NotConnected) => true,
        _ => false,
    };

    public static ResiliencePipeline<CallResult> CreatePipeline(CallSafety safety, TimeProvider time, Action<CallResult> onRetry) =>
        new ResiliencePipelineBuilder<CallResult> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<CallResult>
            {
                MaxRetryAttempts = MaxAttempts - 1,
                Delay = BaseDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Result is { } result && MayRepeat(safety, result.Outcome)),
                OnRetry = args =>
                {
                    onRetry(args.Outcome.Result!);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
}

using Quartz;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// The one kind of job there is: somebody rang. Its name stands in the database, where workers of other versions read it. It begins what is to be
/// done and is over within milliseconds, as a scheduler that is busy for long is taken for dead.
/// </summary>
internal sealed class BellJob(QuartzBell bell) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await bell.HearAsync(context.Trigger.Key, cancellationToken).ConfigureAwait(false);
}

using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What people say to a run, as its driver hears it.</summary>
internal sealed class RunInbox(UpgradePlan plan, UpgradeJournal journal, RunLease lease, ILogger logger)
{
    /// <summary>Why humans are not heard, as it was told last.</summary>
    private string? _deaf;

    /// <summary>An inbox that cannot be read holds nothing up: what is in it is heard when it can be.</summary>
    public async Task<IReadOnlyList<RunCommand>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<RunCommand> commands = await journal.ReadCommandsAsync(plan.RunId, cancellationToken).ConfigureAwait(false);
            _deaf = null;
            return commands;
        }
        catch (JournalException e)
        {
            TellDeaf(e);
            return [];
        }
    }

    /// <summary>What a command did stands in the journal; that its answer cannot be written ends no run.</summary>
    public async Task AnswerAsync(RunCommand command, RunCommandAnswer answer, CancellationToken cancellationToken)
    {
        try
        {
            await journal.AnswerCommandAsync(lease, command.Id, answer, cancellationToken).ConfigureAwait(false);
        }
        catch (JournalException e) when (e is not LeaseLostException)
        {
            TellDeaf(e);
        }
    }

    private void TellDeaf(JournalException e)
    {
        if (_deaf != e.Message)
        {
            _deaf = e.Message;
            Log.InboxFailed(logger, plan.RunId, e.Message);
        }
    }
}

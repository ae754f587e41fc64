using System.Reflection;
using System.Runtime.ExceptionServices;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Upgrades;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>What every journal promises, over a real PostgreSQL: holder and challenger have a store each.</summary>
public sealed class PostgresContractTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    /// <summary>Not inherited: where there is no server they are skipped.</summary>
    public static TheoryData<string, string?> Promises
    {
        get
        {
            TheoryData<string, string?> promises = [];
            foreach (MethodInfo promise in typeof(JournalContract).GetMethods())
            {
                foreach (InlineDataAttribute data in promise.GetCustomAttributes<InlineDataAttribute>())
                {
                    promises.Add(promise.Name, (string?)data.GetData(promise).Single().Single());
                }

                if (promise.GetCustomAttribute<FactAttribute>() is { } and not TheoryAttribute)
                {
                    promises.Add(promise.Name, null);
                }
            }

            return promises;
        }
    }

    [ServerTheory("postgres")]
    [MemberData(nameof(Promises))]
    public async Task It_keeps_what_every_journal_promises(string promise, string? argument)
    {
        string connection = await server.CreateDatabaseAsync();
        await using PostgresJournal journal = new(connection);
        try
        {
            await (Task)typeof(JournalContract).GetMethod(promise)!.Invoke(journal, argument is null ? null : [argument])!;
        }
        catch (TargetInvocationException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException!);
        }
    }

    private sealed class PostgresJournal : JournalContract, IAsyncDisposable
    {
        private readonly PostgresRunStore _mine;
        private readonly PostgresRunStore _theirs;
        private readonly SteppingStore _stepping;

        public PostgresJournal(string connection)
        {
            (_mine, _theirs) = (new PostgresRunStore(connection, timeProvider: HolderClock), new PostgresRunStore(connection, timeProvider: ChallengerClock));
            _stepping = new SteppingStore(_mine);
            Holder = new UpgradeJournal(_stepping, HolderClock);
            Challenger = new UpgradeJournal(new SteppingStore(_theirs), ChallengerClock);
        }

        private protected override UpgradeJournal Holder { get; }

        private protected override UpgradeJournal Challenger { get; }

        public async ValueTask DisposeAsync()
        {
            await _mine.DisposeAsync();
            await _theirs.DisposeAsync();
        }

        // The holder's clock stands still while the challenger's moves: it does not renew its lease.
        private protected override void Freeze(string runId)
        {
        }

        private protected override IDisposable HinderBeats(string runId)
        {
            _stepping.CannotRenew = true;
            return new MemoryStream();
        }
    }
}

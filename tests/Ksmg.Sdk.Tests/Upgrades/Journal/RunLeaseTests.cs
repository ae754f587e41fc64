using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Moq;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>The right to drive a run, and what of it is still under way when it is given back.</summary>
public sealed class RunLeaseTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Once_it_is_given_back_no_beat_of_it_is_written_any_more()
    {
        ManualTime time = new();
        StoredLease stored = new() { Epoch = 1, Owner = Guid.NewGuid(), Since = time.GetUtcNow(), BeatAt = time.GetUtcNow() };
        TaskCompletionSource<bool> beat = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<bool> released = [];
        Mock<IRunStore> store = new();
        store.Setup(s => s.LeaseDuration).Returns(TimeSpan.FromSeconds(15));
        store.Setup(s => s.RenewalInterval).Returns(TimeSpan.FromSeconds(2));
        store.Setup(s => s.WriteLeaseAsync("run", It.IsAny<StoredLease?>(), It.IsAny<StoredLease>(), It.IsAny<CancellationToken>()))
            .Returns((string _, StoredLease? _, StoredLease lease, CancellationToken _) =>
            {
                released.Add(lease.IsReleased);
                return lease.IsReleased ? Task.FromResult(true) : beat.Task;
            });
        RunLease lease = new(store.Object, "run", stored, time.GetTimestamp(), time);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([false], released);

        Task givenBack = lease.DisposeAsync().AsTask();
        Assert.False(givenBack.IsCompleted);
        Assert.Equal([false], released);
        beat.SetResult(true);
        await givenBack.WaitAsync(Limit);

        Assert.Equal([false, true], released);
    }
}

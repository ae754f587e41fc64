using System.Globalization;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>Uploads that a recording shows in pieces: one call several times, with a place that grows, and the calls before and after.</summary>
internal sealed class UploadPieces
{
    /// <summary>What stands in for a size that nothing tells.</summary>
    private const long UsualBytes = 8 << 20;

    /// <summary>From so many calls on a number that grows by one counts something, whatever its name.</summary>
    private const int Many = 3;

    private const int ShortestTie = 2;

    private static readonly string[] CountingNames =
        ["index", "number", "no", "n", "i", "part", "partnumber", "piece", "pieces", "chunk", "chunks", "chunkindex", "chunknumber", "block", "seq"];

    private static readonly string[] AllNames = ["count", "of", "parts", "chunks", "pieces", "blocks", "totalparts", "totalchunks", "totalpieces"];
    private static readonly string[] LengthNames =
        ["bytes", "size", "length", "len", "chunksize", "partsize", "piecesize", "blocksize", "piecebytes", "chunkbytes", "chunklength"];

    private static readonly string[] WholeNames = ["total", "totalsize", "totalbytes", "size", "filesize", "sizebytes", "length", "filelength", "bytes"];
    private static readonly string[] Ending = ["commit", "complete", "finish", "finalize", "finalise", "end", "done", "close", "merge", "assemble", "join"];

    private readonly CallGroup _group;
    private readonly RecordingFacts _facts;
    private readonly RecordedCall[][] _uploads;
    private readonly (RequestLeaf Leaf, string Argument)[] _positions;

    private UploadPieces(CallGroup group, RecordingFacts facts, RecordedCall[][] uploads, (RequestLeaf Leaf, string Argument)[] positions)
    {
        _group = group;
        _facts = facts;
        _uploads = uploads;
        _positions = positions;
        Firsts = group.Only(uploads.Select(upload => upload[0]));
        Told = group.Only(uploads.Select(upload => upload[^1]));
    }

    /// <summary>The first piece of each upload.</summary>
    public CallGroup Firsts { get; }

    /// <summary>The calls whose answers tell of the whole upload: the last pieces, or what came after them.</summary>
    public CallGroup Told { get; private set; }

    /// <summary>The call before the first piece.</summary>
    public CallGroup? Begin { get; private set; }

    /// <summary>The call after the last piece.</summary>
    public CallGroup? Commit { get; private set; }

    /// <summary>How long a piece is; <see langword="null"/>: no dialect can send them, only the whole.</summary>
    public long? PieceBytes { get; private set; }

    /// <summary>What a person has to decide.</summary>
    public List<string> Unsure { get; } = [];

    /// <summary>The pieces of an upload; <see langword="null"/>: it goes in whole.</summary>
    public static UploadPieces? Of(CallGroup group, IReadOnlyList<CallGroup> groups, RecordingFacts facts)
    {
        List<(RequestLeaf Leaf, long[] At)> growing =
        [
            .. RequestLeaf.OfAll(group.Good[^1]).Where(leaf => !facts.UploadIds.Contains(leaf.Text) && !facts.NodeIds.Contains(leaf.Text))
                .Select(leaf => (leaf, Numbers(group, leaf.In))).Where(place => place.Item2 is not null).Select(place => (place.leaf, place.Item2!)),
        ];
        long[]? ranges = Numbers(group, call => Range(call, 0) ?? "?");
        IEnumerable<(RequestLeaf? Leaf, long[] At)> places = growing.Select(place => ((RequestLeaf?)place.Leaf, place.At));
        foreach ((RequestLeaf? leaf, long[] at) in ranges is null ? places : places.Append((null, ranges)))
        {
            RecordedCall[][] uploads = Apart(group.Good, at);
            if (Kind(leaf, at, uploads) is not null)
            {
                IEnumerable<(RequestLeaf Leaf, string? Argument)> positions = growing.Select(place => (place.Leaf, Kind(place.Leaf, place.At, uploads)));
                UploadPieces pieces = new(group, facts, uploads, [.. positions.Where(place => place.Argument is not null).Select(p => (p.Leaf, p.Argument!))]);
                pieces.Measure(at, ranges is not null);
                pieces.LookAround(groups);
                return pieces;
            }
        }

        return null;
    }

    /// <summary>The placeholder for a value of a piece, or of the calls around.</summary>
    public string? Argument(RequestLeaf leaf)
    {
        if (_positions.FirstOrDefault(place => place.Leaf.IsAt(leaf)) is { Argument: { } position })
        {
            return position;
        }

        string name = Clues.Normal(leaf.Name);
        bool isCounted = AllNames.Contains(name) || _uploads.All(upload => upload.Length >= Many);
        if (isCounted && Holds(leaf, (upload, _) => upload.Length))
        {
            return "{count}";
        }

        if (IsLength(leaf))
        {
            return IsSameLength(leaf) ? null : "{pieceBytes}";
        }

        return WholeNames.Contains(name) && IsWhole(leaf) ? "{sizeBytes}" : null;
    }

    /// <summary>Whether a value is the size of all pieces, said of the last one too.</summary>
    public bool IsSameLength(RequestLeaf leaf) => PieceBytes is { } bytes && IsLength(leaf) && Holds(leaf, (_, _) => bytes);

    /// <summary>The calls of each upload: the place begins anew with each.</summary>
    private static RecordedCall[][] Apart(IReadOnlyList<RecordedCall> calls, long[] at)
    {
        List<List<RecordedCall>> uploads = [];
        for (int i = 0; i < calls.Count; i++)
        {
            if (i == 0 || at[i] <= at[i - 1] || calls[i].Host != calls[i - 1].Host)
            {
                uploads.Add([]);
            }

            uploads[^1].Add(calls[i]);
        }

        return [.. uploads.Select(upload => upload.ToArray())];
    }

    /// <summary>What a place that grows is: an offset, or a number from 0 or from 1.</summary>
    private static string? Kind(RequestLeaf? leaf, long[] at, RecordedCall[][] uploads)
    {
        int i = 0;
        long[][] places = [.. uploads.Select(upload => at[i..(i += upload.Length)])];
        long[] steps = [.. places.SelectMany(place => place.Skip(1).Zip(place, (next, last) => next - last))];
        bool isCounted = leaf is null || places.Any(place => place.Length >= Many)
            || leaf.Path.Take(1).Append(leaf.Name).Any(name => CountingNames.Contains(Clues.Normal(name)));
        return (places[0][0], steps.Length > 0 && places.All(place => place[0] == places[0][0])) switch
        {
            (0, true) when steps.All(step => step > 1) => "{offset}",
            (0, true) when steps.All(step => step == 1) && isCounted => "{index}",
            (1, true) when steps.All(step => step == 1) && isCounted => "{number}",
            _ => null,
        };
    }

    private static long[]? Numbers(CallGroup group, Func<RecordedCall, string?> text)
    {
        long[] numbers = new long[group.Good.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            // What the first piece leaves out begins at 0.
            if (text(group.Good[i]) is { } told && !long.TryParse(told, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return null;
            }
        }

        return numbers;
    }

    /// <summary>A number of <c>Content-Range: bytes 0-99/1000</c>.</summary>
    private static string? Range(RecordedCall call, int part) =>
        call.Range?.Split(' ', '-', '/') is [_, _, _, _] parts ? parts[part + 1] : null;

    private void Measure(long[] at, bool hasRanges)
    {
        if (hasRanges)
        {
            Unsure.Add(Words.Get(_positions.Length == 0 ? "draft.range-alone" : "draft.range"));
        }

        if (_positions.Length == 0)
        {
            return;
        }

        long[] steps = [.. at.Skip(1).Zip(at, (next, last) => next - last).Where(step => step > 1).Distinct()];
        long[] lengths = [.. RequestLeaf.OfAll(_uploads[0][0]).Where(IsLength).Select(leaf => long.Parse(leaf.Text, CultureInfo.InvariantCulture))];
        long sent = _uploads[0][0] is { IsRaw: true } first && _uploads[0][..^1].All(call => call.BodyBytes == first.BodyBytes) ? first.BodyBytes : 0;
        PieceBytes = steps.Concat(lengths).FirstOrDefault(sent > 0 ? sent : UsualBytes);
        if (steps.Length > 1)
        {
            Unsure.Add(Words.Get("draft.pieces-uneven", string.Join(", ", steps), PieceBytes));
        }
        else if (steps.Length + lengths.Length == 0 && sent == 0)
        {
            Unsure.Add(Words.Get("draft.piece-bytes", PieceBytes));
        }
    }

    /// <summary>The calls that belong to every upload: one before it that told what ties the pieces, or was told the package; one after it.</summary>
    private void LookAround(IReadOnlyList<CallGroup> groups)
    {
        (CallGroup Group, RecordedCall Call)[] acts =
        [
            .. groups.Where(calls => calls.Text != _group.Text && calls.Method != "DELETE" && (calls.Acts() || Ends(calls)))
                .SelectMany(calls => calls.Good.Select(call => (calls, call))).OrderBy(act => act.call.At),
        ];
        RecordedCall[] before = new RecordedCall[_uploads.Length];
        RecordedCall[] after = new RecordedCall[_uploads.Length];
        for (int i = 0; i < _uploads.Length; i++)
        {
            RecordedCall first = _uploads[i][0];
            RecordedCall last = _uploads[i][^1];
            before[i] = acts.LastOrDefault(act => act.Call.Host == first.Host && act.Call.At < first.At).Call;
            after[i] = acts.FirstOrDefault(act => act.Call.Host == last.Host && act.Call.At > last.At).Call;
        }

        Begin = One(before, (call, upload) => Tie(call, upload) is not null || NamesPackage(call));
        string[]?[] ties = [.. _uploads.Select((upload, i) => Tie(Begin is null ? upload[0] : before[i], upload))];
        Commit = One(after, (call, upload) => Clues.Split(call.Name).Any(Ending.Contains) || Ties(call, ties[Array.IndexOf(_uploads, upload)]));
        Told = Commit ?? Told;
        if (Commit is not null && !Ends(Commit))
        {
            Unsure.Add(Words.Get("draft.commit", Commit.Text));
        }

        static bool Ends(CallGroup calls) => Clues.Split(calls.Template.Split('/')[^1]).Any(Ending.Contains);

        CallGroup? One(RecordedCall?[] calls, Func<RecordedCall, RecordedCall[], bool> belongs)
        {
            CallGroup[] of = [.. calls.Select(call => call is null ? null : acts.First(act => act.Call == call).Group).OfType<CallGroup>()];
            return of.Length == calls.Length && of.All(calls => calls == of[0]) && calls.Zip(_uploads, (call, upload) => belongs(call!, upload)).All(is_ => is_)
                ? of[0].Only(calls!) : null;
        }

        bool Ties(RecordedCall call, string[]? tie) => tie is not null && RequestLeaf.OfAll(call).Any(leaf => tie.Contains(leaf.Text))
            && !call.Segments.SelectMany(Clues.Split).Any(Array.Find(Clues.Operations, c => c.Operation == OperationNames.StartUpdate)!.Verbs.Contains);
    }

    /// <summary>What the pieces of an upload ask with, and a call before told.</summary>
    private string[]? Tie(RecordedCall teller, RecordedCall[] upload)
    {
        IEnumerable<string> answered = RequestLeaf.Of(teller.Answer, []).Select(leaf => leaf.Text);
        HashSet<string> told = [.. answered.Where(text => text.Length >= ShortestTie && Clues.Switch(text) is null)];
        told.ExceptWith(RequestLeaf.OfAll(teller).Select(leaf => leaf.Text));
        IEnumerable<RequestLeaf> same = RequestLeaf.OfAll(upload[^1]).Where(leaf => upload[1..].All(piece => leaf.In(piece) == leaf.Text));
        string[] tie = [.. same.Select(leaf => leaf.Text).Where(told.Contains)];
        return tie.Length > 0 ? tie : null;
    }

    private bool NamesPackage(RecordedCall call) =>
        RequestLeaf.Of(call).Any(leaf => _facts.FileNames.Contains(leaf.Text) || _facts.Sizes.Contains(leaf.Text) || _facts.Hashes.Contains(leaf.Text));

    /// <summary>Whether a value of a piece says how long it is: as all others, or less in the last one.</summary>
    private bool IsLength(RequestLeaf leaf)
    {
        if (!LengthNames.Contains(Clues.Normal(leaf.Name)) || _positions.Any(place => place.Leaf.IsAt(leaf)) || _facts.Sizes.Contains(leaf.Text))
        {
            return false;
        }

        string? first = leaf.In(_uploads[0][0]);
        return long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out long length) && length > 1
            && Holds(leaf, (upload, i) => i < upload.Length - 1 ? length : Math.Min(length, Number(leaf.In(upload[i]))));
    }

    /// <summary>Whether a value is one number throughout each upload, and more than where its last piece begins.</summary>
    private bool IsWhole(RequestLeaf leaf)
    {
        RecordedCall last = _uploads[^1][^1];
        IEnumerable<long> offsets = _positions.Where(place => place.Argument == "{offset}").Select(place => Number(place.Leaf.In(last)));
        return Holds(leaf, (upload, _) => Number(leaf.In(upload[0]))) && Number(leaf.In(last)) > offsets.DefaultIfEmpty(PieceBytes ?? 1).Max();
    }

    private bool Holds(RequestLeaf leaf, Func<RecordedCall[], int, long> number) =>
        _uploads.All(upload => upload.Select((call, i) => leaf.In(call) == number(upload, i).ToString(CultureInfo.InvariantCulture)).All(holds => holds));

    private static long Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : -1;
}

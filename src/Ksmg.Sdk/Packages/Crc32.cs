using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32.Arm64;

namespace Ksmg.Sdk.Packages;

/// <summary>
/// The CRC-32 of ZIP, which the framework computes nowhere in public. Byte by byte through a table it costs more than all the rest of
/// an upload; folded with carry-less multiplication (Gopal and others, Intel, 2009) a fortieth of that.
/// </summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;

    // Distances by which 128 bits are folded, as x^n mod P in reflected order: 512 bits (four registers) and 128 bits (one).
    private static readonly Vector128<ulong> FoldBy512 = Vector128.Create(0x0154442BD4UL, 0x01C6E41596UL);
    private static readonly Vector128<ulong> FoldBy128 = Vector128.Create(0x01751997D0UL, 0x00CCAA009EUL);

    private static readonly uint[] Table = CreateTable();

    /// <summary>Goes on from the CRC of what came before; starts at 0.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint state = ~crc;
        if (Pclmulqdq.IsSupported && bytes.Length >= 128)
        {
            int folded = bytes.Length & ~15;
            state = Fold(state, bytes[..folded]);
            bytes = bytes[folded..];
        }
        else if (ArmCrc32.IsSupported)
        {
            ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
            foreach (ulong word in words)
            {
                state = ArmCrc32.ComputeCrc32(state, word);
            }

            bytes = bytes[(words.Length * sizeof(ulong))..];
        }

        foreach (byte value in bytes)
        {
            state = Table[(byte)(state ^ value)] ^ (state >> 8);
        }

        return ~state;
    }

    /// <summary>Four registers run over the bytes, are folded into one, and that one is reduced by the table.</summary>
    private static uint Fold(uint state, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<Vector128<ulong>> blocks = MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes);
        Vector128<ulong> a = blocks[0] ^ Vector128.CreateScalar((ulong)state);
        Vector128<ulong> b = blocks[1];
        Vector128<ulong> c = blocks[2];
        Vector128<ulong> d = blocks[3];
        blocks = blocks[4..];
        while (blocks.Length >= 4)
        {
            a = Fold(a, FoldBy512, blocks[0]);
            b = Fold(b, FoldBy512, blocks[1]);
            c = Fold(c, FoldBy512, blocks[2]);
            d = Fold(d, FoldBy512, blocks[3]);
            blocks = blocks[4..];
        }

        a = Fold(Fold(Fold(a, FoldBy128, b), FoldBy128, c), FoldBy128, d);
        foreach (Vector128<ulong> block in blocks)
        {
            a = Fold(a, FoldBy128, block);
        }

        Span<byte> rest = stackalloc byte[16];
        a.AsByte().CopyTo(rest);
        uint crc = 0;
        foreach (byte value in rest)
        {
            crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return crc;
    }

    private static Vector128<ulong> Fold(Vector128<ulong> register, Vector128<ulong> distance, Vector128<ulong> next) =>
        Pclmulqdq.CarrylessMultiply(register, distance, 0x00) ^ Pclmulqdq.CarrylessMultiply(register, distance, 0x11) ^ next;

    private static uint[] CreateTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint entry = i;
            for (int bit = 0; bit < 8; bit++)
            {
                entry = (entry >> 1) ^ ((entry & 1) * Polynomial);
            }

            table[i] = entry;
        }

        return table;
    }
}

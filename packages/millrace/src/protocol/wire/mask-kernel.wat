;; Masking (RFC 6455 §5.3) by SIMD: exclusive-or of a range of this module's memory with a four-byte key.
;;
;; The memory is 17 pages of 64 KiB and never grows, so views on it stay valid: one page of scratch space, and the
;; 1 MiB into which all sockets of the process may be read, so that what they bring is unmasked where it lies.
(module
  (memory (export "memory") 17 17)

  ;; key: the four bytes of the key as they lie in memory, its first byte belonging to the byte at `address`.
  (func (export "mask") (param $address i32) (param $length i32) (param $key i32)
    (local $keys v128)
    (local $end i32)
    (local.set $keys (i32x4.splat (local.get $key)))

    ;; 64 bytes at a time
    (local.set $end (i32.add (local.get $address) (i32.and (local.get $length) (i32.const -64))))
    (block $done64
      (loop $next64
        (br_if $done64 (i32.ge_u (local.get $address) (local.get $end)))
        (v128.store (local.get $address)
          (v128.xor (v128.load (local.get $address)) (local.get $keys)))
        (v128.store offset=16 (local.get $address)
          (v128.xor (v128.load offset=16 (local.get $address)) (local.get $keys)))
        (v128.store offset=32 (local.get $address)
          (v128.xor (v128.load offset=32 (local.get $address)) (local.get $keys)))
        (v128.store offset=48 (local.get $address)
          (v128.xor (v128.load offset=48 (local.get $address)) (local.get $keys)))
        (local.set $address (i32.add (local.get $address) (i32.const 64)))
        (br $next64)))

    ;; 4 bytes at a time
    (local.set $end (i32.add (local.get $address) (i32.and (local.get $length) (i32.const 60))))
    (block $done4
      (loop $next4
        (br_if $done4 (i32.ge_u (local.get $address) (local.get $end)))
        (i32.store (local.get $address)
          (i32.xor (i32.load (local.get $address)) (local.get $key)))
        (local.set $address (i32.add (local.get $address) (i32.const 4)))
        (br $next4)))

    ;; the last 0 to 3 bytes
    (local.set $end (i32.add (local.get $address) (i32.and (local.get $length) (i32.const 3))))
    (block $done1
      (loop $next1
        (br_if $done1 (i32.ge_u (local.get $address) (local.get $end)))
        (i32.store8 (local.get $address)
          (i32.xor (i32.load8_u (local.get $address)) (local.get $key)))
        (local.set $key (i32.shr_u (local.get $key) (i32.const 8)))
        (local.set $address (i32.add (local.get $address) (i32.const 1)))
        (br $next1)))))
